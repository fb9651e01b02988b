"""The permutation test: uniform under the null, small off it, and equal to its definition."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy import ndarray
from scipy.stats import kstest

from metrics.distance.frechet import frechet_between, frechet_distance
from metrics.distance.kernel_distance import kernel_between, kernel_distance
from metrics.distance.permutation import permutation_test
from metrics.distance.pool import Statistic
from plugins import BenchError
from tests.metrics.distance.feature_samples import paired

STATISTICS = [frechet_between, kernel_between]


def p_values(
    samples: int, statistic: Statistic, draws: int = 99, *, by_unit: bool = True
) -> ndarray:
    """Under the null: 10 videos of 2 clips, 200 repetitions."""
    values = []
    for seed in range(200):
        real, generated, units = paired(10, 2, samples, 40, seed=seed)
        labels = units if by_unit else None
        test = permutation_test(
            real, generated, units=labels, statistic=statistic, draws=draws, seed=seed
        )
        values.append(test.p_value)
    return np.array(values)


def test_uniform_under_the_null() -> None:
    assert kstest(p_values(1, frechet_between, draws=39), "uniform").pvalue > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("statistic", STATISTICS)
@pytest.mark.parametrize("samples", [1, 3])
def test_uniform_for_each_statistic_and_number_of_samples(
    samples: int, statistic: Statistic
) -> None:
    assert kstest(p_values(samples, statistic), "uniform").pvalue > 0.05


@pytest.mark.slow
def test_not_uniform_where_clips_of_a_video_are_swapped_apart() -> None:
    values = p_values(1, frechet_between, by_unit=False)
    assert kstest(values, "uniform").pvalue < 1e-4


@pytest.mark.parametrize("statistic", STATISTICS)
def test_small_for_another_distribution(statistic: Statistic) -> None:
    real, generated, units = paired(14, 2, 1, 12, seed=0, shift=1.5)
    test = permutation_test(real, generated, units=units, statistic=statistic, draws=199, seed=0)
    assert test.p_value <= 0.01
    assert (test.draws, test.units) == (199, 14)


def test_approaches_the_share_of_all_swaps() -> None:
    """Every one of the 2^5 swaps, each computed from the features themselves."""
    real, generated, units = paired(5, 2, 1, 8, seed=4, shift=0.5)
    observed, as_far = frechet_distance(real, generated[0]), 0
    for swap in product([False, True], repeat=5):
        swapped = np.array(swap)[units][:, None]
        one = np.where(swapped, generated[0], real)
        other = np.where(swapped, real, generated[0])
        as_far += frechet_distance(one, other) >= observed - 1e-9
    test = permutation_test(real, generated[0], units=units, draws=1500, seed=0)
    assert test.observed == pytest.approx(observed, rel=1e-10)
    assert 2 <= as_far < 24
    assert test.p_value == pytest.approx(as_far / 32, abs=0.035)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_order_of_clips_and_kind_of_labels_do_not_matter(statistic: Statistic) -> None:
    real, generated, units = paired(6, 3, 2, 9, seed=5)
    order = np.random.default_rng(0).permutation(18)
    first = permutation_test(real, generated, units=units, statistic=statistic, draws=200, seed=3)
    names = [f"video {units[i]}" for i in order]
    second = permutation_test(
        real[order], generated[:, order], units=names, statistic=statistic, draws=200, seed=3
    )
    assert second.observed == pytest.approx(first.observed, rel=1e-9)
    assert second.p_value == first.p_value
    other_seed = permutation_test(
        real, generated, units=units, statistic=statistic, draws=200, seed=4
    )
    assert other_seed.p_value != first.p_value


def test_observed_is_the_reported_distance() -> None:
    real, generated, units = paired(6, 3, 2, 9, seed=6)
    by_frechet = permutation_test(real, generated, draws=1, seed=0)
    flat = generated.reshape(-1, 9)
    assert by_frechet.observed == pytest.approx(frechet_distance(real, flat), rel=1e-10)
    by_kernel = permutation_test(
        real, generated, units=units, statistic=kernel_between, draws=1, seed=0
    )
    expected = kernel_distance(real, generated, units=units).value
    assert by_kernel.observed == pytest.approx(expected, rel=1e-10)


def test_equal_sets_and_two_units_have_p_1() -> None:
    real, generated, units = paired(5, 2, 1, 6, seed=7, shift=3)
    assert permutation_test(real, real, units=units, draws=50, seed=0).p_value == 1
    # Both swaps of two units give the observed distance or that of the one other split.
    two = permutation_test(real[:4], generated[0, :4], units=units[:4], draws=500, seed=0)
    assert two.p_value >= 0.4


@pytest.mark.usefixtures("unchecked_shapes")
def test_what_cannot_be_permuted_is_refused() -> None:
    real, generated, units = paired(3, 2, 1, 4, seed=0)
    with pytest.raises(BenchError, match="nothing to permute"):
        permutation_test(real, generated, units=[1] * 6, seed=0)
    with pytest.raises(BenchError, match="draws = 0"):
        permutation_test(real, generated, units=units, draws=0, seed=0)
    with pytest.raises(BenchError, match="expected \\(S, N, D\\)"):
        permutation_test(real, generated[0, :5], units=units, seed=0)
    with pytest.raises(BenchError, match="expected \\(S, N, D\\)"):
        permutation_test(real, generated[:0], units=units, seed=0)
    with pytest.raises(BenchError, match="real clips have 4 features and generated clips 3"):
        permutation_test(real, generated[..., :3], units=units, seed=0)
