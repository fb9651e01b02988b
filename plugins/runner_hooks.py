"""What happens around each step of a training: random state, checkpoints, progress."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import Any

import torch

from plugins import compat
from plugins.errors import TrainingError
from plugins.files import moved_into_place
from plugins.reproducible import reseed
from plugins.run import Run

with compat.quiet():
    from mmengine.hooks import Hook
    from mmengine.runner import Runner

_REPORT_SECONDS = 0.2
_LOG_SECONDS = 10.0


class ReseedHook(Hook):
    """All that is random in a step (dropout, noise) follows from the run's seed and the step."""

    priority = "VERY_HIGH"

    def __init__(self, run: Run, stage: str) -> None:
        self._run, self._stage = run, stage

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Start the global random streams of this step."""
        reseed(self._run.derive(self._stage, "step", batch_idx))


class ProgressHook(Hook):
    """Tells the run how far it is, and through it learns that it should stop."""

    priority = "LOWEST"  # after the checkpoint

    def __init__(self, run: Run, stage: str) -> None:
        self._run, self._stage = run, stage
        self._reported = self._logged = -1e9

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Report at the first and the last step and a few times a second."""
        step, total, now = batch_idx + 1, runner.max_iters, time.monotonic()
        log = step == total or now - self._logged > _LOG_SECONDS
        report = step == total or now - self._reported > _REPORT_SECONDS
        if not (log or report):
            return  # the figures stay where they are: reading one waits for the device
        figures = {name: float(value) for name, value in outputs.items()}
        if log:
            self._logged = now
            shown = "  ".join(f"{name} {value:.5g}" for name, value in figures.items())
            rates = runner.optim_wrapper.get_lr()
            rate = (rates.get("lr") or rates["model.lr"])[0]
            runner.logger.info(f"{self._stage} step {step}/{total}  {shown}  next lr {rate:.4g}")
        if report:
            self._reported = now
            self._run.progress(step, total, self._stage, **figures)


class CheckpointHook(Hook):
    """Keeps one checkpoint, whole at every moment.

    A new one is written beside, flushed and renamed, and only then is the
    one before deleted.

    Args:
        folder: holds nothing but this training's checkpoints.
        every: steps between two checkpoints.
        notes: what the checkpoint belongs to, as JSON values.
    """

    priority = "VERY_LOW"

    def __init__(self, folder: Path, every: int, notes: dict[str, Any]) -> None:
        self._folder, self._every, self._notes = folder, every, notes

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Write one when it is due; not after the last step, whose weights follow at once."""
        step = batch_idx + 1
        if step % self._every or step == runner.max_iters:
            return
        if not all(torch.isfinite(p).all() for p in runner.model.parameters()):
            runner.logger.warning(f"step {step}: weights are not finite, no checkpoint written")
            return
        beside, path = self._folder / "checkpoint.part", self._folder / f"step_{step:09d}.pth"
        try:
            with moved_into_place(beside, path):
                runner.save_checkpoint(str(self._folder), beside.name, by_epoch=False)
        except OSError as error:
            raise TrainingError(
                f"{path}: the checkpoint cannot be written ({error}). Make room and run again; "
                "the one before is kept."
            ) from error
        for other in checkpoints_in(self._folder):
            if other != path:
                other.unlink()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict[str, Any]) -> None:
        """Note what it belongs to, and leave out the log's history.

        The history grows with every step, and MMEngine's buffers cannot be
        read back with ``weights_only``, which torch has as its default.
        """
        checkpoint["meta"]["notes"] = self._notes
        checkpoint["message_hub"] = {"log_scalars": {}, "runtime_info": {}, "resumed_keys": {}}


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoints of a training, the newest first."""
    return sorted(folder.glob("step_*.pth"), reverse=True)


def latest_checkpoint(folder: Path, notes: dict[str, Any]) -> tuple[Path | None, list[str]]:
    """The newest sound checkpoint of a training, and a line for each damaged one.

    Raises:
        TrainingError: the checkpoint belongs to another training.
    """
    damaged = []
    for path in checkpoints_in(folder):
        try:
            with zipfile.ZipFile(path) as archive:
                if archive.testzip() is not None:  # torch itself does not check the sums
                    raise OSError("its check sum is wrong")
            meta = torch.load(path, map_location="cpu", weights_only=True, mmap=True)["meta"]
        except Exception as error:  # whatever a damaged file leads to
            damaged.append(f"{path.name} is damaged and passed over: {error}")
            continue
        refuse_other_training(path, meta.get("notes", {}), notes)
        return path, damaged
    return None, damaged


def refuse_other_training(path: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise where a file that is found was written by a training with other parameters.

    Args:
        found: the notes in the file, JSON values.
        wanted: this training's.

    Raises:
        TrainingError: names the file and the first parameter that differs.
    """
    for key, value in wanted.items():
        there = found.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            refuse_other_training(path, there, value)
        elif there != value:
            raise TrainingError(
                f"{path} belongs to another training: {key} is {there!r} there and "
                f"{value!r} here. Use another folder, or delete the file."
            )
