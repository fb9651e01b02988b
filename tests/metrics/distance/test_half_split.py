"""The half-split floor: its halves, its sizes, and what it says of good and bad generators."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.distance.frechet import frechet_between, frechet_distance
from metrics.distance.half_split import even_half, half_split_floor
from metrics.distance.kernel_distance import kernel_between
from metrics.distance.pool import Distance
from plugins import BenchError
from tests.metrics.distance.feature_samples import normal, paired


@given(st.lists(st.integers(1, 9), min_size=2, max_size=9), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_halves_are_as_even_as_whole_groups_allow(sizes: list[int], seed: int) -> None:
    subsets = [c for k in range(len(sizes)) for c in combinations(sizes, k)]
    best = min(abs(sum(sizes) - 2 * sum(subset)) for subset in subsets)
    inside = even_half(np.array(sizes), np.random.default_rng(seed))
    assert abs(sum(sizes) - 2 * np.array(sizes)[inside].sum()) == best


def test_every_even_half_is_drawn_as_often() -> None:
    rng, counts = np.random.default_rng(0), {}
    for _ in range(2000):
        half = tuple(even_half(np.ones(4, dtype=int), rng))
        counts[half] = counts.get(half, 0) + 1
    assert len(counts) == 6
    assert np.square(np.array(list(counts.values())) - 2000 / 6).sum() / (2000 / 6) < 15  # 5 dof


def test_halves_share_no_group_and_take_each_clip_once() -> None:
    real, generated, groups = paired(7, 2, 3, 4, seed=0)
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def statistic(_pooled: np.ndarray, units: np.ndarray) -> Distance:
        def distance(first: np.ndarray, second: np.ndarray) -> float:
            assert not set(units[first]) & set(units[second])
            assert set(units[first]) | set(units[second]) == set(range(7))
            seen.append((first, second))
            return 0.0

        return distance

    result = half_split_floor(real, generated, groups, statistic=statistic, draws=8, seed=0)
    assert result.sizes == (6, 8)
    for (a, b), (real_a, fake_b), (real_b, fake_a) in zip(*[iter(seen)] * 3, strict=True):
        np.testing.assert_array_equal(real_a, a)
        np.testing.assert_array_equal(real_b, b)
        assert sorted([*a, *b]) == list(range(14))
        for real_rows, fake_rows in ((b, fake_b), (a, fake_a)):
            assert (fake_rows >= 14).all()
            np.testing.assert_array_equal(fake_rows % 14, real_rows)


def test_one_draw_of_two_groups_by_hand() -> None:
    real, generated, groups = paired(2, 3, 1, 10, seed=1)
    result = half_split_floor(real, generated, groups, draws=3, seed=0)
    fake = generated[0]
    assert result.sizes == (3, 3)
    assert result.floor == pytest.approx(frechet_distance(real[:3], real[3:]), rel=1e-10)
    both = [frechet_distance(real[:3], fake[3:]), frechet_distance(real[3:], fake[:3])]
    assert result.generated == pytest.approx(np.mean(both), rel=1e-10)


def test_the_true_distribution_is_at_the_floor_and_a_shifted_one_above() -> None:
    results = []
    for shift in (0.0, 1.0):
        draws = []
        for seed in range(40):
            real, generated, groups = paired(20, 1, 2, 12, seed=seed, shift=shift)
            result = half_split_floor(real, generated, groups, draws=4, seed=seed)
            draws.append(result.generated - result.floor)
        results.append((np.mean(draws), np.std(draws) / np.sqrt(40)))
    (good, good_error), (bad, bad_error) = results
    assert abs(good) < 2.5 * good_error
    assert bad - 12 > -5 * bad_error  # the shift is 1 in each of 12 features


def test_the_kernel_distance_of_real_halves_is_0() -> None:
    """It has no floor: the mean over repetitions is 0 within its error."""
    floors = []
    for seed in range(60):
        real, generated, groups = paired(16, 2, 1, 6, seed=seed)
        floors.append(
            half_split_floor(
                real, generated, groups, statistic=kernel_between, draws=2, seed=seed
            ).floor
        )
    assert abs(np.mean(floors)) < 2.5 * np.std(floors) / np.sqrt(60)


def test_repeatable_and_without_regard_to_order() -> None:
    real, generated, groups = paired(9, 2, 3, 30, seed=2)
    order = np.random.default_rng(1).permutation(18)
    first = half_split_floor(real, generated, groups, draws=5, seed=8)
    named = [f"p{groups[i]}" for i in order]
    second = half_split_floor(real[order], generated[:, order], named, draws=5, seed=8)
    assert second.floor == pytest.approx(first.floor, rel=1e-9)
    assert second.generated == pytest.approx(first.generated, rel=1e-9)
    assert half_split_floor(real, generated, groups, draws=5, seed=9).floor != first.floor


def test_many_clips_take_the_other_route_to_the_same_figure() -> None:
    """Past 2 D rows the Gram matrix is no longer used."""
    real, generated, groups = paired(30, 1, 1, 4, seed=3)
    plain = half_split_floor(real, generated, groups, draws=3, seed=0)
    widened = [np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, 60)]) for x in (real, generated)]
    by_gram = half_split_floor(*widened, groups, statistic=frechet_between, draws=3, seed=0)
    assert plain.floor == pytest.approx(by_gram.floor, rel=1e-9)
    assert plain.generated == pytest.approx(by_gram.generated, rel=1e-9)


@pytest.mark.usefixtures("unchecked_shapes")
def test_what_cannot_be_halved_is_refused() -> None:
    real, generated = normal(6, 4, 0), normal(6, 4, 1)
    with pytest.raises(BenchError, match="6 clips of 1 patients make halves of 0 and 6"):
        half_split_floor(real, generated, ["a"] * 6, seed=0)
    with pytest.raises(BenchError, match="halves of 1 and 5"):
        half_split_floor(real, generated, ["a"] * 5 + ["b"], seed=0)
    with pytest.raises(BenchError, match="draws = 0"):
        half_split_floor(real, generated, list("aabbcc"), draws=0, seed=0)
    with pytest.raises(BenchError, match="3 labels for 6 real clips"):
        half_split_floor(real, generated, list("abc"), seed=0)
