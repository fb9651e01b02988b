"""Whether scores mean what they say, and what they catch at a bearable rate of false alarms.

Each by its definition: a sum over bins, a mean of squares, counts at a threshold.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field, NonNegativeInt
from torch import Tensor
from torch.nn import functional as F

from metrics.predictions import OfPredictions
from plugins import BenchError, Metric, hookimpl
from plugins.types import Labels, Scores


class ECE(OfPredictions):
    """Expected calibration error: sum over bins b of (n_b / N) |accuracy_b - mean confidence_b|.

    Confidence is the highest score; bins are of equal width (Guo et al.,
    "On Calibration of Modern Neural Networks", ICML 2017, equation 3). In
    [0, 1]. With few videos it is large even where scores are right, and
    resampling makes it larger still: so it has no interval.
    """

    name: ClassVar[str] = "ece"
    title: ClassVar[str] = "ECE"
    direction: ClassVar[Literal["higher", "lower"]] = "lower"
    paired: ClassVar[bool] = False

    bins: Annotated[int, Field(ge=1)] = 15
    """Bins of confidence; the paper's 15."""

    def figure(self, scores: Scores, labels: Labels) -> Tensor:
        confidence, predicted = scores.max(dim=1)
        edges = torch.linspace(0, 1, self.bins + 1, dtype=scores.dtype)[1:-1]
        # A bin holds its upper edge, so that a confidence of 1 is in the last one.
        bins = torch.bucketize(confidence, edges)
        gap = confidence - (predicted == labels).to(scores.dtype)
        sums = torch.zeros(self.bins, dtype=scores.dtype).index_add_(0, bins, gap)
        return sums.abs().sum() / len(labels)


class Brier(OfPredictions):
    """Brier score: half the mean over videos of sum_k (s_ik - [y_i = k])^2, in [0, 1].

    With two classes that is the mean of (s_i1 - y_i)^2. Without the half
    it is Brier's own (Monthly Weather Review 78, 1950).
    """

    name: ClassVar[str] = "brier"
    title: ClassVar[str] = "Brier"
    direction: ClassVar[Literal["higher", "lower"]] = "lower"

    def figure(self, scores: Scores, labels: Labels) -> Tensor:
        truth = F.one_hot(labels, scores.shape[1])
        return (scores - truth).square().sum(dim=1).mean() / 2


class SensitivityAtSpecificity(OfPredictions):
    """The highest share of positives found at a threshold that leaves enough negatives alone.

    The threshold is chosen on the same test videos, as on a ROC curve: it
    is no operating point that could be known before.
    """

    name: ClassVar[str] = "sensitivity-at-specificity"
    title: ClassVar[str] = "Sens at spec"

    specificity: Annotated[float, Field(gt=0, lt=1)] = 0.9
    """The share of negatives that must be told to be negative, at least."""
    positive: NonNegativeInt = 1
    """The class index that counts as positive; all others are negative."""

    def figure(self, scores: Scores, labels: Labels) -> Tensor:
        if self.positive >= scores.shape[1]:
            raise BenchError(
                f"metric '{self.name}', positive = {self.positive}:"
                f" the classes are 0 to {scores.shape[1] - 1}; name one of them"
            )
        truth = (labels == self.positive).long()
        if not 0 < int(truth.sum()) < len(truth):
            raise BenchError(
                f"metric '{self.name}': the {len(truth)} videos must be some of class "
                f"{self.positive}, which counts as positive, and some of others"
            )
        score = scores[:, self.positive].contiguous()
        positives, negatives = score[truth == 1].sort()[0], score[truth == 0].sort()[0]
        # Called positive is what scores at least as high as a threshold.
        thresholds = score.unique()
        spared = torch.searchsorted(negatives, thresholds)
        found = len(positives) - torch.searchsorted(positives, thresholds)
        # Counts are compared: a share that is just reached must not be lost by rounding.
        enough = spared >= self.specificity * len(negatives) - 1e-9
        return torch.where(enough, found, 0).max() / len(positives)


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [ECE, Brier, SensitivityAtSpecificity]
