"""The worst pairs of copies: what a plain loop finds, the planted copy first."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import pytest
import torch

from metrics.fvd import FVD
from metrics.memorization import Copies
from plugins import BenchError
from plugins.features import FeatureSet
from plugins.metric import Metric
from plugins.pair import AT_MOST

SAMPLES = 3


def drawn(n: int, seed: int, prefix: str, samples: int = 1) -> FeatureSet:
    """Rows named after their set, two of each patient."""
    values = torch.randn(n, samples, 6, generator=torch.Generator().manual_seed(seed))
    ids = [f"{prefix}{i}" for i in range(n)]
    return FeatureSet(values, ids, [f"{prefix}p{i // 2}" for i in range(n)], [0] * n)


UNSEEN, LEARNED, MADE = drawn(10, 1, "test"), drawn(12, 2, "train"), drawn(10, 3, "test", SAMPLES)


def by_loop(clips: FeatureSet) -> Iterator[tuple[float, tuple[str, int, str]]]:
    """r, row, sample and nearest training row of each clip, as the definition says."""
    known = LEARNED.features[:, 0].double()
    for i, row in enumerate(clips.features.double()):
        for s, clip in enumerate(row):
            apart = [float((clip - one).square().sum().sqrt()) for one in known]
            first = apart.index(min(apart))
            others = [
                d
                for d, group in zip(apart, LEARNED.groups, strict=True)
                if group != LEARNED.groups[first]
            ]
            # The lower one of two middle values, as torch takes it.
            ratio = apart[first] / statistics.median_low(others)
            yield ratio, (clips.ids[i], s, LEARNED.ids[first])


def copies(made: FeatureSet) -> Copies:
    metric = Copies()
    metric.update(real_features=UNSEEN, generated_features=made, training_features=LEARNED)
    return metric


def test_pairs_are_those_of_a_plain_loop() -> None:
    due = sorted(by_loop(MADE))[:AT_MOST]
    pairs = copies(MADE).pairs()
    assert len(pairs) == AT_MOST == 8
    assert [(p.id, p.sample, p.training) for p in pairs] == [place for _, place in due]
    assert [p.ratio for p in pairs] == pytest.approx([ratio for ratio, _ in due], rel=1e-9)
    least = min(ratio for ratio, _ in by_loop(UNSEEN))
    assert [p.unseen for p in pairs] == pytest.approx([least] * AT_MOST, rel=1e-9)


def test_a_planted_copy_comes_first_and_is_suspected() -> None:
    values = MADE.features.clone()
    values[7, 2] = LEARNED.features[5, 0] + 0.001
    metric = copies(FeatureSet(values, MADE.ids, MADE.groups, MADE.labels))
    first, *others = metric.pairs()
    assert (first.id, first.sample, first.training) == ("test7", 2, "train5")
    assert first.suspected
    assert first.ratio < 0.1 * others[0].ratio
    suspected = sum(pair.suspected for pair in metric.pairs())
    assert metric.compute() == pytest.approx(100 * suspected / (10 * SAMPLES))


def test_fewer_clips_are_all_told() -> None:
    few = FeatureSet(MADE.features[:2, :1], MADE.ids[:2], MADE.groups[:2], MADE.labels[:2])
    assert sorted(pair.id for pair in copies(few).pairs()) == ["test0", "test1"]


def test_without_clips_there_are_no_pairs_and_other_metrics_have_none() -> None:
    with pytest.raises(BenchError, match="no clips"):
        Copies().pairs()
    other: Metric = FVD(backend="self")
    assert other.pairs() == []
