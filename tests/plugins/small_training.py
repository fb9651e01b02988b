"""A small training, whole and repeatable, for the tests of the training helper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from plugins.recipe import Recipe
from plugins.reproducible import seeded
from plugins.run import Run
from plugins.training import train

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
