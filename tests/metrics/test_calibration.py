"""Calibration and the operating point, against their definitions and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_curve
from torch import Tensor

from metrics.calibration import ECE, Brier, SensitivityAtSpecificity, bench_metrics
from plugins import BenchError, Metric
from tests.metrics.support import figure
from tests.metrics.test_classification import predictions

ALL: list[Metric] = [ECE(), ECE(bins=4), Brier(), SensitivityAtSpecificity()]


def expected_calibration_error(scores: np.ndarray, labels: np.ndarray, bins: int) -> float:
    """The sum over bins, written out."""
    confidence, right = scores.max(1), scores.argmax(1) == labels
    total = 0.0
    for b in range(bins):
        low, high = b / bins, (b + 1) / bins
        inside = (confidence > low) & (confidence <= high) if b else confidence <= high
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_ece_is_its_sum_over_bins(k: int, seed: int) -> None:
    scores, labels = predictions(80, k, seed)
    for bins in (1, 4, 15):
        expected = expected_calibration_error(scores.numpy(), labels.numpy(), bins)
        assert figure(ECE(bins=bins), scores=scores, labels=labels) == pytest.approx(expected)


def test_ece_puts_a_confidence_of_one_into_the_last_bin() -> None:
    scores, labels = torch.tensor([[0.05, 0.95], [0.0, 1.0]]), torch.tensor([1, 0])
    assert figure(ECE(), scores=scores, labels=labels) == pytest.approx((0.95 + 1 - 1) / 2)


@pytest.mark.parametrize(("n", "specificity"), [(100, 0.91), (50, 0.66), (30, 2 / 3)])
def test_a_specificity_that_is_just_reached_counts(n: int, specificity: float) -> None:
    above = round((1 - specificity) * n)
    score = torch.cat(
        [torch.full((n - above,), 0.2), torch.full((above,), 0.9), torch.tensor([0.5])]
    )
    labels = torch.tensor([0] * n + [1])
    metric = SensitivityAtSpecificity(specificity=specificity)
    scores = torch.stack([1 - score, score], dim=1)
    assert figure(metric, scores=scores, labels=labels) == 1


@pytest.mark.parametrize("seed", range(4))
def test_brier_of_two_classes_is_scikit_learns(seed: int) -> None:
    scores, labels = predictions(60, 2, seed)
    expected = brier_score_loss(labels.numpy(), scores[:, 1].numpy())
    assert figure(Brier(), scores=scores, labels=labels) == pytest.approx(expected)


def test_brier_of_three_classes_by_hand() -> None:
    scores = torch.tensor([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
    labels = torch.tensor([0, 1])
    # (0.25 + 0.0625 + 0.0625) / 2 and (1 + 1) / 2, on average
    assert figure(Brier(), scores=scores, labels=labels) == pytest.approx((0.1875 + 1) / 2)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("specificity", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("seed", range(4))
def test_sensitivity_is_read_off_the_roc_curve(ties: bool, specificity: float, seed: int) -> None:
    scores, labels = predictions(70, 3, seed, ties=ties)
    for positive in range(3):
        metric = SensitivityAtSpecificity(specificity=specificity, positive=positive)
        fpr, tpr, _ = roc_curve(
            labels.numpy() == positive, scores[:, positive].numpy(), drop_intermediate=False
        )
        expected = tpr[1 - fpr >= specificity].max()
        assert figure(metric, scores=scores, labels=labels) == pytest.approx(expected)


def test_perfect_scores() -> None:
    labels = torch.tensor([0, 1, 1, 0])
    scores = torch.nn.functional.one_hot(labels, 2).double()
    assert [figure(m, scores=scores, labels=labels) for m in ALL] == [0, 0, 0, 1]


def test_sure_and_wrong() -> None:
    labels = torch.tensor([0, 1, 1, 0])
    scores = torch.nn.functional.one_hot(1 - labels, 2).double()
    assert [figure(m, scores=scores, labels=labels) for m in ALL] == [1, 1, 1, 0]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), cut=st.integers(1, 29))
def test_batches_and_order_do_not_matter(seed: int, cut: int) -> None:
    scores, labels = predictions(30, 2, seed)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(seed))
    for metric in ALL:
        whole = figure(metric, scores=scores, labels=labels)
        metric.reset()
        for part in (order[:cut], order[cut:]):
            metric.update(scores=scores[part], labels=labels[part])
        assert metric.compute() == pytest.approx(whole)


def test_a_positive_that_is_no_class_is_refused() -> None:
    scores, labels = predictions(8, 2, 0)
    with pytest.raises(BenchError, match="positive = 2: the classes are 0 to 1"):
        figure(SensitivityAtSpecificity(positive=2), scores=scores, labels=labels)


@pytest.mark.parametrize("labels", [torch.zeros(5).long(), torch.ones(5).long()])
def test_one_class_alone_is_refused(labels: Tensor) -> None:
    scores = torch.full((5, 2), 0.5)
    with pytest.raises(BenchError, match="the 5 videos must be some of class 1"):
        figure(SensitivityAtSpecificity(), scores=scores, labels=labels)


def test_what_the_tables_need() -> None:
    assert bench_metrics() == [ECE, Brier, SensitivityAtSpecificity]
    assert [(m.direction, m.paired) for m in bench_metrics()] == [
        ("lower", False),
        ("lower", True),
        ("higher", True),
    ]
