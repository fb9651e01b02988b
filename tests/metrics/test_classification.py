from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
from torch import Tensor

from metrics.classification import AUROC, F1, Accuracy, bench_metrics
from plugins import BenchError, Metric
from tests.metrics.support import figure

ALL = [Accuracy(), F1(), F1(average="weighted"), F1(average="binary"), AUROC()]


def predictions(n: int, k: int, seed: int, *, ties: bool = False) -> tuple[Tensor, Tensor]:
    """Random probabilities and labels, every class present; with ties, scores on a coarse grid."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(k), rng.integers(k, size=n - k)])
    if ties and k == 2:
        one = rng.integers(0, 5, n) / 4
        scores = np.stack([1 - one, one], 1)
    elif ties:
        scores = rng.multinomial(4, np.full(k, 1 / k), n) / 4
    else:
        scores = rng.dirichlet(np.ones(k), n)
    return torch.tensor(scores), torch.tensor(labels)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_equals_scikit_learn(k: int, ties: bool, seed: int) -> None:
    scores, labels = predictions(60, k, seed, ties=ties)
    s, y = scores.numpy(), labels.numpy()
    predicted = s.argmax(1)
    given = {"scores": scores, "labels": labels}
    assert figure(Accuracy(), **given) == pytest.approx(accuracy_score(y, predicted))
    for average in ("macro", "weighted"):
        expected = f1_score(y, predicted, average=average)
        assert figure(F1(average=average), **given) == pytest.approx(expected)
    for positive in range(k):
        expected = f1_score(y == positive, predicted == positive)
        assert figure(F1(average="binary", positive=positive), **given) == pytest.approx(expected)
    expected = roc_auc_score(y, s[:, 1] if k == 2 else s, multi_class="ovr")
    assert figure(AUROC(), **given) == pytest.approx(expected)


def test_auroc_counts_ties_half() -> None:
    constant = torch.full((7, 2), 0.5)
    assert figure(AUROC(), scores=constant, labels=torch.tensor([0, 1, 1, 0, 1, 0, 0])) == 0.5


def test_auroc_of_scores_that_are_no_probabilities_by_rounding() -> None:
    one = torch.tensor([0.0, 1.0, 1.0 + 1e-6])
    scores = torch.stack([torch.tensor([1.0, 0.0, 0.0]), one], 1)
    assert figure(AUROC(), scores=scores, labels=torch.tensor([0, 1, 1])) == 1.0


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_perfect_and_wrong(metric: Metric) -> None:
    labels = torch.tensor([0, 1, 1, 0])
    right = torch.nn.functional.one_hot(labels, 2).float()
    assert figure(metric, scores=right, labels=labels) == 1.0
    assert figure(metric, scores=1 - right, labels=labels) == 0.0


@given(st.integers(0, 10**6), st.integers(2, 4), st.lists(st.integers(1, 39), max_size=4))
@settings(max_examples=25, deadline=None)
def test_batches_and_order_do_not_matter(seed: int, k: int, cuts: list[int]) -> None:
    scores, labels = predictions(40, k, seed)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(seed))
    for metric in ALL:
        whole = figure(metric, scores=scores, labels=labels)
        metric.reset()
        sizes = np.diff([0, *sorted(set(cuts)), 40]).tolist()
        for s, y in zip(scores[order].split(sizes), labels[order].split(sizes), strict=True):
            metric.update(scores=s, labels=y)
        assert metric.compute() == pytest.approx(whole, abs=1e-6)


def test_macro_f1_leaves_out_a_class_that_does_not_occur() -> None:
    scores = torch.tensor([[0.8, 0.2, 0.0], [0.3, 0.7, 0.0], [0.6, 0.4, 0.0]])
    labels = torch.tensor([0, 1, 1])
    expected = f1_score(labels, scores.argmax(1), average="macro")
    assert figure(F1(), scores=scores, labels=labels) == pytest.approx(expected)


@pytest.mark.parametrize(("k", "absent"), [(2, "1"), (4, "1, 3")])
def test_auroc_needs_every_class(k: int, absent: str) -> None:
    scores = torch.full((5, k), 1 / k)
    labels = torch.tensor([0, 0, 0, 0, 0] if k == 2 else [0, 2, 2, 0, 0])
    with pytest.raises(BenchError, match=f"none of the 5 videos is of class {absent};"):
        figure(AUROC(), scores=scores, labels=labels)


def test_positive_must_be_a_class() -> None:
    scores, labels = predictions(8, 2, 0)
    with pytest.raises(BenchError, match="positive = 2: the classes are 0 to 1"):
        figure(F1(average="binary", positive=2), scores=scores, labels=labels)


GOOD = torch.full((3, 2), 0.5)
LABELS = torch.tensor([0, 1, 1])


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("metric", ALL, ids=repr)
@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        (GOOD * float("nan"), LABELS, "NaN or infinite"),
        (GOOD / 0, LABELS, "NaN or infinite"),
        (GOOD * 4, LABELS, r"values from 2 to 2; expected \[0, 1\]"),
        (GOOD - 1, LABELS, "values from -0.5"),
        (GOOD[:, :1], LABELS, "K >= 2"),
        (GOOD[0], LABELS, r"expected a float tensor \(N, K\)"),
        (GOOD.long(), LABELS, "expected a float tensor"),
        (GOOD[:0], LABELS[:0], "batch is empty"),
        (GOOD, LABELS[:2], r"3 rows of scores but labels \(2,\)"),
        (GOOD, LABELS.float(), "expected class indices"),
        (GOOD, LABELS == 1, "expected class indices"),
        (GOOD, LABELS + 1, "1 to 2, but the scores tell 2 classes"),
        (GOOD, LABELS - 1, "-1 to 0, but"),
    ],
)
def test_refuses(metric: Metric, scores: Tensor, labels: Tensor, message: str) -> None:
    with pytest.raises(BenchError, match=message) as refusal:
        figure(metric, scores=scores, labels=labels)
    assert f"metric '{metric.name}'" in str(refusal.value)


@pytest.mark.parametrize("metric", ALL, ids=repr)
def test_refuses_nothing_and_another_number_of_classes(metric: Metric) -> None:
    metric.reset()
    with pytest.raises(BenchError, match="no predictions"):
        metric.compute()
    metric.update(*predictions(6, 2, 0))
    with pytest.raises(BenchError, match="scores of 3 classes after scores of 2"):
        metric.update(*predictions(6, 3, 0))
    metric.reset()
    metric.update(*predictions(6, 3, 0))
    metric.compute()


def test_a_thousand_resamples_are_quick() -> None:
    scores, labels = predictions(160, 2, 0)
    rng = np.random.default_rng(0)
    start = time.process_time()
    for _ in range(1000):
        drawn = torch.from_numpy(rng.integers(160, size=160))
        for metric in (ALL[0], ALL[1], ALL[4]):
            figure(metric, scores=scores[drawn], labels=labels[drawn])
    assert time.process_time() - start < 10  # about 1 s on an idle core


def test_what_the_tables_need() -> None:
    assert [m.name for m in bench_metrics()] == ["accuracy", "f1", "auroc"]
    assert [m.title for m in bench_metrics()] == ["Acc", "F1", "AUROC"]
    for metric in bench_metrics():
        assert metric.reads == ("scores", "labels")
        assert (metric.direction, metric.unit, metric.paired) == ("higher", "", True)
        assert all(field.description for field in metric.model_fields.values())
    with pytest.raises(BenchError, match="did you mean 'average'"):
        F1.configure({"averag": "macro"}, "here")


def test_wilsons_interval_of_the_papers_headline() -> None:
    """41 of 56 right: 60 % to 83 %, by the closed form of Wilson (1927)."""
    scores = torch.tensor([[0.0, 1.0]] * 41 + [[1.0, 0.0]] * 15)
    metric = Accuracy()
    metric.update(scores=scores, labels=torch.ones(56, dtype=torch.long))
    n, p, z = 56, 41 / 56, 1.959963984540054
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (p * (1 - p) / n + z**2 / (4 * n**2)) ** 0.5
    assert metric.interval() == pytest.approx((centre - half, centre + half), abs=1e-9)
    assert metric.interval() == pytest.approx((0.604, 0.830), abs=5e-3)
