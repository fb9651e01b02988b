"""The training helper: exact resume, averaging, schedules, and what it says when it fails."""

from __future__ import annotations

import math
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from plugins import compat
from plugins.errors import Cancelled, TrainingError
from plugins.recipe import Recipe
from plugins.reproducible import seeded
from plugins.run import Progress, Run
from plugins.step_loop import ahead
from plugins.training import train
from plugins.weightfile import load_weights, read_notes, save_weights

with compat.quiet():
    from mmengine.logging import MessageHub, MMLogger
    from mmengine.registry import DefaultScope

STEPS, EVERY = 20, 4
RECIPE = Recipe(lr=0.01, schedule="cosine", warmup=3, clip_grad=1.0, ema=0.8, weight_decay=0.1)
WEIGHTS = "weights.safetensors"


def network(width: int = 16) -> nn.Sequential:
    """A network with all that has state or is random: batch norm and dropout."""
    with seeded(1):
        return nn.Sequential(
            nn.Linear(4, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(), nn.Linear(width, 1)
        )


def batch_of(step: int) -> dict[str, Tensor]:
    x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
    return {"x": x, "y": x.sum(dim=1, keepdim=True)}


def square_error(model: nn.Module) -> Callable[[Any], dict[str, Tensor]]:
    return lambda batch: {"loss_square": (model(batch["x"]) - batch["y"]) ** 2}


def learn(
    folder: Path,
    batches: Callable[[int], Any] = batch_of,
    width: int = 16,
    every: int = EVERY,
    recipe: Recipe = RECIPE,
    **surroundings: Any,
) -> bytes:
    """Train in a folder and return the bytes of the weight file."""
    folder.mkdir(parents=True, exist_ok=True)
    model = network(width)
    run = Run(folder, **({"seed": 3, "name": "cell"} | surroundings))
    train(model, square_error(model), batches, STEPS, run, recipe=recipe, checkpoint_every=every)
    return (folder / WEIGHTS).read_bytes()


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


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return learn(tmp_path_factory.mktemp("uninterrupted"))


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


def test_other_seed_gives_other_weights(tmp_path: Path, uninterrupted: bytes) -> None:
    assert learn(tmp_path, seed=4) != uninterrupted


def test_folder_of_another_training_is_refused(tmp_path: Path) -> None:
    stop_with_two_checkpoints(tmp_path)
    with pytest.raises(TrainingError, match=r"step_.*\.pth belongs .* seed is 3 there and 4 here"):
        learn(tmp_path, seed=4)
    learn(tmp_path)
    with pytest.raises(TrainingError, match=r"weights\.safetensors .* lr is 0\.01 there and 0\.02"):
        learn(tmp_path, recipe=RECIPE.model_copy(update={"lr": 0.02}))


def test_average_follows_its_formula_and_the_loop_is_plain_sgd(tmp_path: Path) -> None:
    decay, lr, momentum = 0.7, 0.05, 0.9
    model = nn.Linear(4, 1)
    weight, bias = model.weight.detach().clone(), model.bias.detach().clone()
    average: tuple[Tensor, Tensor] | None = None
    speed = (torch.zeros_like(weight), torch.zeros_like(bias))
    for step in range(STEPS):
        batch = batch_of(step)
        error = batch["x"] @ weight.T + bias - batch["y"]
        slope = (2 * error.T @ batch["x"] / len(error), 2 * error.mean(dim=0))
        speed = tuple(momentum * v + g for v, g in zip(speed, slope, strict=True))
        weight, bias = weight - lr * speed[0], bias - lr * speed[1]
        now = (weight, bias)
        average = now if average is None else tuple(
            decay * a + (1 - decay) * w for a, w in zip(average, now, strict=True)
        )  # fmt: skip
    recipe = Recipe(optimizer="sgd", lr=lr, momentum=momentum, ema=decay)
    train(model, square_error(model), batch_of, STEPS, Run(tmp_path), recipe=recipe)
    assert average is not None
    torch.testing.assert_close(model.weight.detach(), average[0], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(model.bias.detach(), average[1], rtol=1e-4, atol=1e-6)


def rates(folder: Path, steps: int, **recipe: Any) -> list[float]:
    """The learning rate of each step, seen from how far SGD goes down a slope of 1."""
    model = nn.Module()
    model.place = nn.Parameter(torch.zeros((), dtype=torch.float64))
    places: list[float] = []

    def loss(_: Tensor) -> dict[str, Tensor]:
        places.append(float(model.place.detach()))
        return {"loss": model.place}

    recipe = {"optimizer": "sgd", "momentum": 0, "lr": 0.5} | recipe
    train(model, loss, lambda _: torch.zeros(1), steps, Run(folder), recipe=Recipe(**recipe))
    places.append(float(model.place.detach()))
    return [a - b for a, b in pairwise(places)]


def test_schedules(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abcd"]
    for folder in folders:
        folder.mkdir()
    assert rates(folders[0], 5) == pytest.approx([0.5] * 5)
    cosine = [0.5 * (0.1 + 0.9 * (1 + math.cos(math.pi * t / 10)) / 2) for t in range(10)]
    assert rates(folders[1], 10, schedule="cosine", lr_floor=0.1) == pytest.approx(cosine)
    warm = [0.5 * (0.01 + 0.99 * t / 3) for t in range(4)]
    falling = [0.5 * (1 + math.cos(math.pi * t / 8)) / 2 for t in range(8)]
    found = rates(folders[2], 12, schedule="cosine", warmup=4)
    assert found == pytest.approx(warm + falling)
    steps = rates(folders[3], 8, schedule="step", milestones=(0.5, 0.75), gamma=0.1)
    assert steps == pytest.approx([0.5] * 4 + [0.05] * 2 + [0.005] * 2)


def test_warmup_longer_than_training_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="warmup = 5 must be less than the 5 steps"):
        rates(tmp_path, 5, warmup=5)


def test_loss_that_is_not_finite_names_step_run_and_remedy(tmp_path: Path) -> None:
    def batches(step: int) -> dict[str, Tensor]:
        batch = batch_of(step)
        return batch | {"y": batch["y"] * math.nan} if step == 9 else batch

    with pytest.raises(TrainingError, match=r"cell, training: the loss is nan at step 10.*lr.*amp"):
        learn(tmp_path, batches)
    assert [p.name for p in tmp_path.glob("checkpoints/*/*.pth")] == ["step_000000008.pth"]
    assert not (tmp_path / WEIGHTS).exists()


def test_last_update_that_breaks_the_weights_is_noticed(tmp_path: Path) -> None:
    model = nn.Linear(4, 1)
    recipe = Recipe(optimizer="sgd", lr=1e10)  # times a gradient near 1e30: infinite
    far = {name: 1e15 * value for name, value in batch_of(0).items()}
    with pytest.raises(TrainingError, match="the weights are not finite after step 1"):
        train(model, square_error(model), [far].__getitem__, 1, Run(tmp_path), recipe=recipe)
    assert not (tmp_path / WEIGHTS).exists()


def test_out_of_memory_names_batch_size(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(TrainingError, match=r"out of memory on cpu\. Lower batch_size"):
        train(model, lambda _: {"loss": torch.empty(10**15)}, batch_of, 2, Run(tmp_path))


def test_other_errors_pass_through(tmp_path: Path) -> None:
    def batches(step: int) -> None:
        raise RuntimeError(f"no clip {step}")

    with pytest.raises(RuntimeError, match="no clip 0"):
        learn(tmp_path, batches)


def test_nothing_is_printed_and_nothing_stays_behind(
    tmp_path: Path, uninterrupted: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    instances = [len(m._instance_dict) for m in (MMLogger, MessageHub, DefaultScope)]
    threads, start_method = torch.get_num_threads(), multiprocessing.get_start_method(True)
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    first = [random.random(), np.random.rand(), float(torch.rand(()))]
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    assert learn(tmp_path / "one") == uninterrupted
    assert learn(tmp_path / "two") == uninterrupted  # the second of this name in this process
    assert [random.random(), np.random.rand(), float(torch.rand(()))] == first
    assert [len(m._instance_dict) for m in (MMLogger, MessageHub, DefaultScope)] == instances
    assert not torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.deterministic
    assert torch.get_num_threads() == threads
    assert multiprocessing.get_start_method(True) == start_method
    assert capfd.readouterr() == ("", "")
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == ["training.log", WEIGHTS]


def test_two_stages_in_one_folder(tmp_path: Path) -> None:
    run, first, second = Run(tmp_path, name="cell"), nn.Linear(4, 1), nn.Linear(4, 1)
    for stage, model in (("encoder", first), ("prior", second)):
        name = f"{stage}.safetensors"
        train(model, square_error(model), batch_of, 3, run, stage=stage, weights=name)
    assert sorted(p.name for p in tmp_path.glob("*.safetensors")) == [
        "encoder.safetensors",
        "prior.safetensors",
    ]
    assert "prior step 3/3" in (tmp_path / "training.log").read_text()


def test_loss_method_of_a_large_object_is_not_copied_for_the_average(tmp_path: Path) -> None:
    class Holder:
        model = network()

        def __deepcopy__(self, memo: dict[int, Any]) -> Holder:
            raise AssertionError("copied")

        def loss(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
            return square_error(self.model)(batch)

    train(Holder.model, Holder().loss, batch_of, 2, Run(tmp_path), recipe=Recipe(ema=0.9))


def test_precision(tmp_path: Path) -> None:
    assert Recipe().precision("cpu") == "off"
    with pytest.raises(TrainingError, match="'fp16' needs a CUDA device, not 'cpu'"):
        Recipe(amp="fp16").precision("cpu")
    model, kinds = nn.Linear(4, 1), []

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        out = model(batch["x"])
        kinds.append(out.dtype)
        return {"loss": (out.float() - batch["y"]) ** 2}

    train(model, loss, batch_of, 3, Run(tmp_path), recipe=Recipe(amp="bf16"))
    assert set(kinds) == {torch.bfloat16}
    assert model.weight.dtype == torch.float32


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


def test_ahead_keeps_the_order_and_passes_errors_on() -> None:
    def make(step: int) -> int:
        time.sleep(0.002 * (step % 3))
        return step

    assert list(ahead(make, range(3, 40), threads=3)) == list(range(3, 40))
    with pytest.raises(ZeroDivisionError):
        list(ahead(lambda step: 1 // (5 - step), range(20), threads=2))


def test_weight_file_round_trip(tmp_path: Path) -> None:
    path = tmp_path / WEIGHTS
    save_weights(network(), path, {"classes": ["a", "b"]})
    other = network()
    with torch.no_grad():
        other[0].weight.zero_()
    load_weights(other, path)
    assert torch.equal(other[0].weight, network()[0].weight)
    assert read_notes(path) == {"classes": ["a", "b"]}
    assert [p.name for p in tmp_path.iterdir()] == [WEIGHTS]


def test_weight_file_of_another_model_names_the_difference(tmp_path: Path) -> None:
    path = tmp_path / WEIGHTS
    save_weights(network(width=16), path)
    with pytest.raises(
        TrainingError, match=rf"{WEIGHTS}: '0.weight' has shape \(16, 4\).*\(8, 4\)"
    ):
        load_weights(network(width=8), path)
    with pytest.raises(TrainingError, match="'weight' is missing"):
        load_weights(nn.Linear(4, 1), path)
    with pytest.raises(TrainingError, match=r"'1\.bias' is not in this model"):
        load_weights(nn.Sequential(nn.Linear(4, 16)), path)


def test_missing_and_damaged_weight_files(tmp_path: Path) -> None:
    path = tmp_path / WEIGHTS
    with pytest.raises(TrainingError, match="there is no such weight file"):
        load_weights(network(), path)
    path.write_bytes(b"not weights at all")
    with pytest.raises(TrainingError, match="not a sound weight file"):
        read_notes(path)
    with pytest.raises(TrainingError, match="not a sound weight file"):
        load_weights(network(), path)
