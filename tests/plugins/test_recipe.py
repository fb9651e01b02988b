"""The recipe: averaging, schedules and precision, each by its formula."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from plugins.errors import TrainingError
from plugins.recipe import Recipe
from plugins.run import Run
from plugins.training import train
from tests.plugins.small_training import STEPS, batch_of, square_error


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
