"""Choosing among a training's weights by what is held out of its data."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from plugins import compat
from plugins.errors import TrainingError
from plugins.runner_hooks import refuse_other_training
from plugins.weightfile import load_weights, read_notes, save_weights

with compat.quiet():
    from mmengine.hooks import Hook
    from mmengine.runner import Runner

FILE = "best.safetensors"
"""The best weights so far, beside the checkpoints."""


@dataclass(frozen=True)
class Validation:
    """How weights are judged while a training goes on.

    Attributes:
        score: of the model's weights at the time, which it takes from
            the model that is trained; lower is better. It draws nothing at random.
        every: steps between two looks; the last step is looked at too.
    """

    score: Callable[[], float]
    every: int


class BestWeights(Hook):
    """Keeps the weights of the lowest score, of equal ones the earliest.

    A training that goes on after a kill may look at steps again that it
    had looked at: their scores are the same, and change nothing.

    Args:
        model: what is trained, in the trainee.
        validation: how it is judged.
        folder: of the checkpoints.
        notes: what the weights belong to, as JSON values.

    Raises:
        TrainingError: the weights that are there belong to another training.
    """

    priority = "LOW"  # after the averaging, before the checkpoint

    def __init__(
        self, model: nn.Module, validation: Validation, folder: Path, notes: dict[str, Any]
    ) -> None:
        self._model, self._validation, self._notes = model, validation, notes
        self._path = folder / FILE
        self._best = _lowest(self._path, notes)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Look at the weights, their average where there is one, when it is due."""
        step = batch_idx + 1
        if step % self._validation.every and step != runner.max_iters:
            return
        runner.call_hook("before_val_epoch")  # takes the average weights, if there are any
        self._model.eval()
        score = self._validation.score()
        runner.logger.info(f"step {step}: held out {score:.5g}")
        if score < self._best:  # not where it is not a number
            self._best = score
            save_weights(self._model, self._path, self._notes | {"best": [step, score]})
        runner.model.train()
        runner.call_hook("after_val_epoch")

    def take(self) -> tuple[int, float]:
        """Lay the best weights over the model.

        Returns:
            Their step and score.

        Raises:
            TrainingError: no score was a number.
        """
        if not self._path.exists():
            raise TrainingError("no weights could be chosen: every score was not finite")
        step, score = read_notes(self._path)["best"]
        load_weights(self._model, self._path)
        return step, score


def _lowest(path: Path, notes: dict[str, Any]) -> float:
    """The score of the weights that a killed training left; infinite without any."""
    if not path.exists():
        return math.inf
    found = read_notes(path)
    refuse_other_training(path, found, notes)
    return float(found["best"][1])
