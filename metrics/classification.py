"""Accuracy, F1 and AUROC of a classifier's predictions, by torchmetrics.

All are fractions in [0, 1], higher is better. The videos are the sampling
unit: drawing videos with replacement and computing again gives an interval.

Source: torchmetrics, ``functional.classification``; equal to scikit-learn's
``accuracy_score``, ``f1_score`` and ``roc_auc_score``.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from pydantic import NonNegativeInt
from scipy.stats import binomtest
from torch import Tensor

import plugins.compat  # noqa: F401 - torchmetrics imports torchvision, which this mends

# isort: split
from torchmetrics.functional.classification import (
    binary_auroc,
    binary_f1_score,
    multiclass_accuracy,
    multiclass_auroc,
    multiclass_f1_score,
)

from metrics.predictions import OfPredictions
from plugins import BenchError, Metric, hookimpl
from plugins.types import Labels, Scores


class Accuracy(OfPredictions):
    """Fraction of videos whose highest score is their class's: (1/N) sum [argmax_k s_ik = y_i].

    Equal highest scores count for the first of their classes.
    """

    name: ClassVar[str] = "accuracy"
    title: ClassVar[str] = "Acc"

    def figure(self, scores: Scores, labels: Labels) -> Tensor:
        n_classes = scores.shape[1]
        return multiclass_accuracy(scores, labels, n_classes, average="micro", validate_args=False)

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of a proportion (Wilson 1927), of the updates so far."""
        n = sum(len(labels) for labels in self._labels)
        interval = binomtest(round(self.compute() * n), n).proportion_ci(method="wilson")
        return float(interval.low), float(interval.high)


class F1(OfPredictions):
    """F1 = 2 TP / (2 TP + FP + FN), of the class with the highest score.

    A class that is neither present nor predicted is left out of the macro
    mean; the F1 of such a class alone is 0. Both are scikit-learn's rules.
    """

    name: ClassVar[str] = "f1"
    title: ClassVar[str] = "F1"

    average: Literal["macro", "weighted", "binary"] = "macro"
    """Mean over classes, the same weighted by their videos, or that of one class alone."""
    positive: NonNegativeInt = 1
    """The class index that ``binary`` tells from all others."""

    def figure(self, scores: Scores, labels: Labels) -> Tensor:
        n_classes = scores.shape[1]
        if self.average != "binary":
            return multiclass_f1_score(
                scores, labels, n_classes, average=self.average, validate_args=False
            )
        if self.positive >= n_classes:
            raise BenchError(
                f"metric 'f1', positive = {self.positive}:"
                f" the classes are 0 to {n_classes - 1}; name one of them"
            )
        predicted = (scores.argmax(1) == self.positive).long()
        return binary_f1_score(predicted, (labels == self.positive).long(), validate_args=False)


class AUROC(OfPredictions):
    """Area under the ROC curve: P(score of a positive > score of a negative), ties count half.

    Of class 1 where there are two classes; of more, the mean over classes
    of each against the rest. Undefined, and refused, where a class is
    absent: a resample that lost one must be drawn again.
    """

    name: ClassVar[str] = "auroc"
    title: ClassVar[str] = "AUROC"

    def figure(self, scores: Scores, labels: Labels) -> Tensor:
        n_classes = scores.shape[1]
        count = torch.bincount(labels, minlength=n_classes)
        if not count.all():
            absent = ", ".join(map(str, (count == 0).nonzero().flatten().tolist()))
            raise BenchError(
                f"metric 'auroc': none of the {len(labels)} videos is of class {absent};"
                " the area is defined only where every class is present"
            )
        if n_classes == 2:
            return binary_auroc(scores[:, 1].contiguous(), labels, validate_args=False)
        return multiclass_auroc(scores, labels, n_classes, average="macro", validate_args=False)


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [Accuracy, F1, AUROC]
