"""What every metric of a classifier's predictions does: gather scores and labels."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

import torch
from pydantic import PrivateAttr
from torch import Tensor

from metrics.checks import check_predictions
from plugins import BenchError, Metric
from plugins.metric import Ingredient
from plugins.types import Labels, Scores


class OfPredictions(Metric):
    """Gathers scores and labels; a leaf turns them into its figure."""

    reads: ClassVar[tuple[Ingredient, ...]] = ("scores", "labels")
    direction: ClassVar[Literal["higher", "lower"]] = "higher"
    paired: ClassVar[bool] = True

    _scores: list[Tensor] = PrivateAttr(default_factory=list)
    _labels: list[Tensor] = PrivateAttr(default_factory=list)

    def reset(self) -> None:
        self._scores.clear()
        self._labels.clear()

    def update(self, scores: Scores, labels: Labels) -> None:
        """Take in (N, K) probabilities, K >= 2, and (N,) class indices.

        Raises:
            BenchError: another shape, a value that is no probability, a
                label that is no class, or another K than before.
        """
        check_predictions(self.name, scores, labels)
        if self._scores and self._scores[0].shape[1] != scores.shape[1]:
            raise BenchError(
                f"metric '{self.name}': scores of {scores.shape[1]} classes"
                f" after scores of {self._scores[0].shape[1]}"
            )
        # Past 1, even by rounding, torchmetrics takes scores for logits.
        self._scores.append(scores.detach().double().clamp(0, 1))
        self._labels.append(labels.long())

    def compute(self) -> float:
        """The figure over all updates.

        Raises:
            BenchError: there were none, or the figure is undefined for them.
        """
        if not self._scores:
            raise BenchError(f"metric '{self.name}': no predictions; the test set is empty")
        return float(self.figure(torch.cat(self._scores), torch.cat(self._labels)))

    @abstractmethod
    def figure(self, scores: Scores, labels: Labels) -> Tensor:
        """The figure, a scalar tensor, of all predictions."""
