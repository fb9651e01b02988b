"""The kernel distance against a double loop, its mean under the null, and its error."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from numpy import ndarray

from metrics.distance import kernel_distance as module
from metrics.distance.kernel_distance import kernel_between, kernel_distance
from plugins import BenchError
from tests.metrics.distance.feature_samples import normal, paired


def kernel(x: ndarray, y: ndarray) -> float:
    return (float(x @ y) / len(x) + 1) ** 3


def plain(real: ndarray, generated: ndarray) -> float:
    """The definition, by loops."""

    def mean(xs: ndarray, ys: ndarray, same: bool) -> float:
        pairs = product(enumerate(xs), enumerate(ys))
        return float(np.mean([kernel(x, y) for (i, x), (j, y) in pairs if not (same and i == j)]))

    cross = mean(real, generated, False)
    return mean(real, real, True) + mean(generated, generated, True) - 2 * cross


def plain_of_units(real: ndarray, samples: ndarray, units: list[int]) -> float:
    """The definition over pairs of different units, by loops."""

    def mean(xs: ndarray, ys: ndarray) -> float:
        of_x, of_y = units * (len(xs) // len(units)), units * (len(ys) // len(units))
        pairs = product(zip(xs, of_x, strict=True), zip(ys, of_y, strict=True))
        return float(np.mean([kernel(x, y) for (x, u), (y, v) in pairs if u != v]))

    generated = samples.reshape(-1, samples.shape[-1])
    return mean(real, real) + mean(generated, generated) - 2 * mean(real, generated)


def without(real: ndarray, samples: ndarray, units: list[int], unit: int) -> float:
    kept = np.array(units) != unit
    return plain_of_units(real[kept], samples[:, kept], [u for u in units if u != unit])


@pytest.mark.parametrize(("n", "m"), [(2, 2), (7, 4), (5, 9)])
def test_equals_its_definition(n: int, m: int) -> None:
    real, generated = normal(n, 6, 0), normal(m, 6, 1, shift=0.4)
    assert kernel_distance(real, generated).value == pytest.approx(plain(real, generated), rel=1e-9)


@pytest.mark.parametrize("samples", [1, 3])
def test_equals_its_definition_over_units(samples: int) -> None:
    real, generated, units = paired(5, 2, samples, 4, seed=0)
    result = kernel_distance(real, generated, units=units)
    assert result.value == pytest.approx(plain_of_units(real, generated, units), rel=1e-9)
    left_out = np.array([without(real, generated, units, unit) for unit in range(5)])
    expected = np.sqrt(4 / 5 * np.square(left_out - left_out.mean()).sum())
    assert result.standard_error == pytest.approx(expected, rel=1e-9)


def test_error_of_two_independent_samples_is_the_jackknife_of_each() -> None:
    real, generated = normal(5, 4, 0), normal(7, 4, 1)
    variance = 0.0
    for n, leave in (
        (5, lambda i: plain(np.delete(real, i, 0), generated)),
        (7, lambda i: plain(real, np.delete(generated, i, 0))),
    ):
        left_out = np.array([leave(i) for i in range(n)])
        variance += (n - 1) / n * np.square(left_out - left_out.mean()).sum()
    error = kernel_distance(real, generated).standard_error
    assert error == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_no_error_from_too_few_clips() -> None:
    assert kernel_distance(normal(2, 4, 0), normal(5, 4, 1)).standard_error is None
    real, generated, units = paired(2, 3, 1, 4, seed=0)
    assert kernel_distance(real, generated, units=units).standard_error is None


def test_blocks_order_and_pooling_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    real, generated, units = paired(6, 2, 2, 5, seed=3)
    whole = kernel_distance(real, generated, units=units)
    monkeypatch.setattr(module, "BLOCK", 5)
    parts = kernel_distance(real[::-1], generated[:, ::-1], units=[f"v{u}" for u in units[::-1]])
    assert parts.value == pytest.approx(whole.value, rel=1e-10)
    assert parts.standard_error == pytest.approx(whole.standard_error, rel=1e-10)
    pooled = np.concatenate([real, *generated])
    distance = kernel_between(pooled, np.tile(units, 3))
    rows = np.arange(len(pooled))
    assert distance(rows[:12], rows[12:]) == pytest.approx(whole.value, rel=1e-10)


def test_mean_is_0_under_the_null_whatever_the_size_and_the_error_is_honest() -> None:
    results = [kernel_distance(normal(6, 5, i), normal(9, 5, 10_000 + i)) for i in range(600)]
    values = np.array([result.value for result in results])
    assert abs(values.mean()) < 2.5 * values.std() / np.sqrt(len(values))
    assert (values < 0).mean() > 0.3
    variance = np.mean([result.standard_error**2 for result in results])  # type: ignore[operator]
    assert 1 < variance / values.var() < 3


def test_pairs_that_share_a_video_bias_it_and_units_mend_that() -> None:
    sets = [paired(5, 3, 1, 30, seed=i) for i in range(250)]
    naive = np.array([kernel_distance(x, y[0]).value for x, y, _ in sets])
    mended = [kernel_distance(x, y, units=u) for x, y, u in sets]
    values = np.array([result.value for result in mended])
    error = values.std() / np.sqrt(len(sets))
    assert abs(values.mean()) < 2.5 * error
    bias = naive - values
    assert bias.mean() > 5 * bias.std() / np.sqrt(len(sets))
    variance = np.mean([result.standard_error**2 for result in mended])  # type: ignore[operator]
    assert 1 < variance / values.var() < 3


def test_sets_of_two_distributions_are_apart() -> None:
    result = kernel_distance(normal(60, 5, 0), normal(60, 5, 1, shift=1.0))
    assert result.standard_error is not None
    assert result.value > 4 * result.standard_error


@pytest.mark.usefixtures("unchecked_shapes")
def test_what_gives_no_pairs_is_refused() -> None:
    real, generated, units = paired(3, 2, 1, 4, seed=0)
    with pytest.raises(BenchError, match="all clips are of one unit"):
        kernel_distance(real, generated, units=[7] * 6)
    with pytest.raises(BenchError, match="5 labels for 6 real clips"):
        kernel_distance(real, generated, units=units[:5])
    with pytest.raises(BenchError, match="real features: only 1"):
        kernel_distance(real[:1], generated[0])
    with pytest.raises(BenchError, match="S continuations of each of the N = 6 real clips"):
        kernel_distance(real, generated[:, :5], units=units)
    distance = kernel_between(np.concatenate([real, generated[0]]), np.tile(units, 2))
    with pytest.raises(BenchError, match="clips of one unit only"):
        distance(np.array([0, 1]), np.array([2, 3]))
