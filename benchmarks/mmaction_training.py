"""Training a recognizer as MMAction2 does: its data set, its pipeline, MMEngine's Runner."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import DECODERS
from step_clock import StepClock
from torch import nn

from bench.data import ClipSettings
from classifiers.mmaction import MMActionClassifier
from classifiers.tdn import TDN
from classifiers.tdn_short_term import N_FRAMES
from plugins import compat
from plugins.errors import BenchError

with compat.quiet():
    from mmengine.hooks import Hook
    from mmengine.runner import Runner

REPORT_SECONDS = 0.2
"""Seconds between two marks, as this program's own loop has between two reports."""

FOREVER = 10**9


@dataclass(frozen=True)
class Loading:
    """How MMAction2 reads videos.

    Attributes:
        root: the folder of the videos.
        annotations: a line for each: its path in the folder, a tab, its label.
        clip: what this program's clips are.
        decoder: a key of `data.DECODERS`.
        workers: processes that read; 0 reads in between the steps.
    """

    root: Path
    annotations: Path
    clip: ClipSettings
    decoder: str
    workers: int


def imported() -> None:
    """Import what of MMAction2 a training needs, so that no training's memory counts it."""
    logging.disable(logging.WARNING)  # MMEngine's, of its own deprecated names
    compat.mmaction_registry()
    with compat.quiet():
        import mmaction.datasets  # noqa: F401 - fills the registry


class RunnerOnDevice(Runner):
    """MMEngine's Runner, with the model where it is wanted, not on the first GPU that there is."""

    wanted = "cpu"

    def wrap_model(self, model_wrapper_cfg: Any, model: nn.Module) -> nn.Module:
        """Put the model on the device."""
        return model.to(self.wanted)


class Stopwatch(Hook):
    """Marks steps on a clock, and stops the training when the clock has enough."""

    priority = "LOWEST"

    def __init__(self, clock: StepClock) -> None:
        self._clock, self._marked = clock, -1e9

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Mark a few times a second, when the device has computed the loss."""
        now = time.monotonic()
        if now - self._marked < REPORT_SECONDS:
            return
        float(outputs["loss"])
        self._marked = now
        self._clock.mark(batch_idx + 1)
        runner.train_loop.stop_training = self._clock.enough


def train_theirs(
    classifier: MMActionClassifier,
    build: Callable[[], nn.Module],
    loading: Loading,
    device: str,
    clock: StepClock,
    folder: Path,
) -> None:
    """Train until the clock has enough, with MMAction2's default hooks but for checkpoints.

    Args:
        classifier: its parameters say how the weights are learned.
        build: makes its model.
        loading: how its videos are read.
        device: a torch device.
        clock: is told of the steps.
        folder: for MMEngine's own files.

    Raises:
        BenchError: the pipeline gives other shapes than the bench feeds.
    """
    with compat.quiet():
        model = build()
        dataset = _dataset(classifier, model, loading)
        runner_class = type("RunnerHere", (RunnerOnDevice,), {"wanted": device})
        runner = runner_class(
            model=model,
            work_dir=str(folder),
            experiment_name=folder.name,
            train_dataloader={
                "dataset": dataset,
                "batch_size": classifier.batch_size,
                "num_workers": loading.workers,
                "persistent_workers": loading.workers > 0,
                # Without ends of epochs, at which workers would begin anew.
                "sampler": {"type": "InfiniteSampler", "shuffle": True},
            },
            train_cfg={"type": "IterBasedTrainLoop", "max_iters": FOREVER},
            optim_wrapper=classifier.recipe().optim_wrapper(device),
            param_scheduler=classifier.recipe().param_scheduler(FOREVER),
            default_hooks={"checkpoint": None},
            custom_hooks=[*classifier.recipe().ema_hook(), Stopwatch(clock)],
            env_cfg={
                "cudnn_benchmark": False,
                "mp_cfg": {"mp_start_method": "fork", "opencv_num_threads": 0},
            },
            log_processor={"window_size": 20, "by_epoch": False},
            log_level="ERROR",
            randomness={"seed": 0},
            default_scope="mmaction",
        )
        runner.train()


def _dataset(classifier: MMActionClassifier, model: nn.Module, loading: Loading) -> Any:
    """MMAction2's data set of the videos.

    Raises:
        BenchError: what it gives has another shape than what the bench feeds.
    """
    from mmaction.models.recognizers import Recognizer2D
    from mmaction.registry import DATASETS
    from mmengine.registry import DefaultScope

    flat = isinstance(model, Recognizer2D)
    section = {
        "type": "VideoDataset",
        "ann_file": str(loading.annotations),
        "data_prefix": {"video": str(loading.root)},
        "delimiter": "\t",
        "pipeline": pipeline(classifier, flat, loading),
    }
    with DefaultScope.overwrite_default_scope("mmaction"):
        dataset = DATASETS.build(section)
    size, frames = loading.clip.size, classifier.n_frames
    fed = (frames, 3, size, size) if flat else (1, 3, frames, size, size)
    given = tuple(dataset[0]["inputs"].shape)
    if given != fed:
        raise BenchError(f"MMAction2's pipeline gives a clip as {given}, and the bench as {fed}")
    return dataset


def pipeline(classifier: MMActionClassifier, flat: bool, loading: Loading) -> list[dict[str, Any]]:
    """The transforms of MMAction2's training configs, to the clips' size.

    Args:
        classifier: says what it sees.
        flat: it is a 2D recognizer, which takes frames one by one.
        loading: how videos are read.
    """
    start, decode = DECODERS[loading.decoder]
    size = loading.clip.size
    return [
        dict(start),
        {"type": "SampleFrames", **_sampling(classifier, flat, loading.clip.span)},
        dict(decode),
        {"type": "Resize", "scale": (-1, size)},
        {"type": "CenterCrop", "crop_size": size},
        {"type": "Flip", "flip_ratio": classifier.flip},
        {"type": "FormatShape", "input_format": "NCHW" if flat else "NCTHW"},
        {"type": "PackActionInputs"},
    ]


def _sampling(classifier: MMActionClassifier, flat: bool, span: int) -> dict[str, int]:
    """One frame of each segment, TDN's windows, or frames evenly over the span."""
    frames = classifier.n_frames
    if isinstance(classifier, TDN):
        return {"clip_len": N_FRAMES, "frame_interval": 1, "num_clips": frames // N_FRAMES}
    if flat:
        return {"clip_len": 1, "frame_interval": 1, "num_clips": frames}
    return {"clip_len": frames, "frame_interval": max(1, span // frames), "num_clips": 1}
