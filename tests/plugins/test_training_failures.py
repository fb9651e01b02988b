"""What the training helper says when a training fails, and what it keeps."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from plugins.errors import TrainingError
from plugins.recipe import Recipe
from plugins.run import Run
from plugins.training import train
from tests.plugins.small_training import WEIGHTS, batch_of, learn, square_error


def test_loss_that_is_not_finite_names_step_run_and_remedy(tmp_path: Path) -> None:
    def batches(step: int) -> dict[str, Tensor]:
        batch = batch_of(step)
        return batch | {"y": batch["y"] * math.nan} if step == 9 else batch

    with pytest.raises(
        TrainingError, match=r"cell, training: the loss is nan at step 10.*lr.*amp"
    ) as e:
        learn(tmp_path, batches)
    assert str(e.value).endswith("Checkpoint: the last good one is kept, step_000000008.pth.")
    assert [p.name for p in tmp_path.glob("checkpoints/*/*.pth")] == ["step_000000008.pth"]
    assert not (tmp_path / WEIGHTS).exists()


def test_last_update_that_breaks_the_weights_is_noticed(tmp_path: Path) -> None:
    model = nn.Linear(4, 1)
    recipe = Recipe(optimizer="sgd", lr=1e10)  # times a gradient near 1e30: infinite
    far = {name: 1e15 * value for name, value in batch_of(0).items()}
    with pytest.raises(
        TrainingError,
        match=r"the weights are not finite after step 1.*Checkpoint: there is none yet\.",
    ):
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
