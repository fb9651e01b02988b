"""A training that is stopped at any time ends with the same bytes as one that is not."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from plugins.errors import Cancelled, TrainingError
from plugins.run import Progress
from tests.plugins.small_training import EVERY, RECIPE, STEPS, batch_of, learn


def die_at(folder: Path, step: int) -> None:
    """In a process of its own: train, and be killed before a step."""

    def batches(now: int) -> dict[str, Tensor]:
        if now == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return batch_of(now)

    learn(folder, batches)


def write_all_the_time(folder: Path) -> None:
    """In a process of its own: train a large network and write a checkpoint at every step."""
    learn(folder, width=50_000, every=1)


def start(target: Callable[..., None], *args: Any) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=target, args=args)
    process.start()
    return process


@pytest.mark.parametrize("step", [2, 14], ids=["before a checkpoint", "after three"])
def test_killed_training_ends_with_the_same_bytes(
    tmp_path: Path, uninterrupted: bytes, step: int
) -> None:
    process = start(die_at, tmp_path, step)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    kept = [path.name for path in (tmp_path / "checkpoints" / "training").glob("*.pth")]
    assert kept == (["step_000000012.pth"] if step == 14 else [])
    read = []
    assert learn(tmp_path, lambda now: read.append(now) or batch_of(now)) == uninterrupted
    assert read == list(range(12 if step == 14 else 0, STEPS))  # no past data are read again


def test_kill_while_a_checkpoint_is_written_loses_nothing(tmp_path: Path) -> None:
    process = start(write_all_the_time, tmp_path / "killed")
    folder = tmp_path / "killed" / "checkpoints" / "training"
    try:
        deadline = time.monotonic() + 120
        while not (list(folder.glob("step_*.pth")) and (folder / "checkpoint.part").exists()):
            assert time.monotonic() < deadline, "no checkpoint was ever being written"
            assert process.is_alive(), "the training ended too soon"
    finally:
        process.kill()
        process.join()
    assert list(folder.glob("step_*.pth"))
    again = learn(tmp_path / "killed", width=50_000, every=100)
    assert again == learn(tmp_path / "whole", width=50_000, every=100)


def test_cancelled_training_keeps_its_checkpoint_and_continues(
    tmp_path: Path, uninterrupted: bytes
) -> None:
    def report(progress: Progress) -> None:
        seen.append(progress)

    seen: list[Progress] = []
    with pytest.raises(Cancelled):
        learn(
            tmp_path,
            lambda step: time.sleep(0.06) or batch_of(step),
            report=report,
            cancelled=lambda: bool(seen) and seen[-1].step >= 8,
        )
    assert list((tmp_path / "checkpoints" / "training").glob("step_*.pth"))
    assert learn(tmp_path, report=report) == uninterrupted
    assert seen[-1].step == seen[-1].total == STEPS
    assert seen[-1].stage == "training"
    assert seen[-1].figures["loss"] == pytest.approx(seen[-1].figures["loss_square"])
    assert not (tmp_path / "checkpoints").exists()


def stop_with_two_checkpoints(folder: Path) -> list[Path]:
    """A folder as a kill between renaming a checkpoint and deleting the one before leaves it."""
    checkpoints = folder / "checkpoints" / "training"

    def batches(step: int) -> dict[str, Tensor]:
        if step == EVERY:
            shutil.copytree(checkpoints, folder / "aside")
        if step == 2 * EVERY:
            raise KeyboardInterrupt
        return batch_of(step)

    with pytest.raises(KeyboardInterrupt):
        learn(folder, batches)
    for path in (folder / "aside").glob("step_*.pth"):
        shutil.copy(path, checkpoints)
    return sorted(checkpoints.glob("step_*.pth"))


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


@pytest.mark.parametrize("damage", [flip_a_bit, cut_short])
def test_damaged_checkpoint_falls_back(
    tmp_path: Path, uninterrupted: bytes, damage: Callable[[Path], None]
) -> None:
    before, newest = stop_with_two_checkpoints(tmp_path)
    damage(newest)
    steps: list[int] = []
    assert learn(tmp_path, lambda step: steps.append(step) or batch_of(step)) == uninterrupted
    assert steps[0] == EVERY
    log = (tmp_path / "training.log").read_text()
    assert f"{newest.name} is damaged" in log
    assert f"{before.name} is damaged" not in log


def test_all_checkpoints_damaged_starts_again(tmp_path: Path, uninterrupted: bytes) -> None:
    for path in stop_with_two_checkpoints(tmp_path):
        cut_short(path)
    steps: list[int] = []
    assert learn(tmp_path, lambda step: steps.append(step) or batch_of(step)) == uninterrupted
    assert steps[0] == 0


def test_finished_training_is_loaded_not_repeated(tmp_path: Path, uninterrupted: bytes) -> None:
    learn(tmp_path)

    read: list[int] = []
    assert learn(tmp_path, read.append) == uninterrupted
    assert read == []


def test_kill_between_weights_and_clearing_up_leaves_no_checkpoint(tmp_path: Path) -> None:
    stop_with_two_checkpoints(tmp_path)
    shutil.copytree(tmp_path / "checkpoints", tmp_path / "aside2")
    learn(tmp_path)
    shutil.move(tmp_path / "aside2", tmp_path / "checkpoints")
    learn(tmp_path)
    assert not (tmp_path / "checkpoints").exists()


def test_folder_of_another_training_is_refused(tmp_path: Path) -> None:
    stop_with_two_checkpoints(tmp_path)
    with pytest.raises(TrainingError, match=r"step_.*\.pth belongs .* seed is 3 there and 4 here"):
        learn(tmp_path, seed=4)
    learn(tmp_path)
    with pytest.raises(TrainingError, match=r"weights\.safetensors .* lr is 0\.01 there and 0\.02"):
        learn(tmp_path, recipe=RECIPE.model_copy(update={"lr": 0.02}))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_repeats_its_bytes_and_resumes(tmp_path: Path) -> None:
    whole = learn(tmp_path / "whole", device="cuda:0")
    assert learn(tmp_path / "again", device="cuda:0") == whole

    def batches(step: int) -> dict[str, Tensor]:
        if step == STEPS - 2:
            raise KeyboardInterrupt
        return batch_of(step)

    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "stopped", batches, device="cuda:0")
    assert learn(tmp_path / "stopped", device="cuda:0") == whole
