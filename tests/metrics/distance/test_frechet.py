"""The Fréchet distance against closed forms, SciPy's matrix root, and itself by the other route."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy import ndarray
from scipy.linalg import sqrtm

from metrics.distance.frechet import Ddof, frechet_between, frechet_distance, frechet_of_moments
from metrics.distance.moments import Moments
from plugins import BenchError
from tests.metrics.distance.feature_samples import normal, rotation, with_moments

SHAPES = [(5, 7, 20), (30, 12, 20), (200, 150, 20), (60, 60, 20), (2, 500, 20), (20, 20, 20)]


def by_moments(real: ndarray, generated: ndarray, ddof: Ddof = 1) -> float:
    """Always the eigenvalue route."""
    return frechet_of_moments(Moments.of(real), Moments.of(generated), ddof=ddof)


def by_gram(real: ndarray, generated: ndarray, ddof: Ddof = 1) -> float:
    """By one pooled Gram matrix, padded with a feature-free dimension where that is too short."""
    pooled = np.concatenate([real, generated])
    pooled = np.pad(pooled, [(0, 0), (0, len(pooled))])
    rows = np.arange(len(pooled))
    distance = frechet_between(pooled, np.zeros_like(rows), ddof=ddof)
    return distance(rows[: len(real)], rows[len(real) :])


def by_sqrtm(real: ndarray, generated: ndarray, ddof: int = 1) -> float:
    """The definition, with SciPy's matrix root."""
    one, other = (np.cov(x, rowvar=False, ddof=ddof) for x in (real, generated))
    gap = real.mean(0) - generated.mean(0)
    return gap @ gap + np.trace(one + other - 2 * sqrtm(one @ other).real)


ROUTES = [frechet_distance, by_moments, by_gram]


def spread(real: ndarray, generated: ndarray) -> float:
    """Tr(S1) + Tr(S2), the scale of rounding."""
    return real.var(0, ddof=1).sum() + generated.var(0, ddof=1).sum()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("ddof", [0, 1])
def test_diagonal_covariances_in_closed_form(route, ddof: Ddof) -> None:
    rng = np.random.default_rng(0)
    one, other, gap = rng.uniform(0.1, 3, 8), rng.uniform(0.1, 3, 8), rng.standard_normal(8)
    real = with_moments(40, np.zeros(8), np.diag(one), seed=1)
    generated = with_moments(25, gap, np.diag(other), seed=2)
    n, m = (40 / 39, 25 / 24) if ddof == 0 else (1, 1)
    expected = gap @ gap + np.square(np.sqrt(one / n) - np.sqrt(other / m)).sum()
    assert route(real, generated, ddof=ddof) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("rank", [8, 5, 1])
def test_commuting_covariances_in_closed_form_also_where_singular(route, rank: int) -> None:
    rng, axes = np.random.default_rng(3), rotation(8, seed=4)
    one, other = rng.uniform(0.1, 3, 8), rng.uniform(0.1, 3, 8)
    one[rank:] = 0
    other[: 8 - rank] = 0
    real = with_moments(40, np.ones(8), axes * one @ axes.T, seed=1)
    generated = with_moments(25, np.zeros(8), axes * other @ axes.T, seed=2)
    expected = 8 + np.square(np.sqrt(one) - np.sqrt(other)).sum()
    # The planted covariances are themselves roots of eigenvalues that are 0 up to rounding.
    assert route(real, generated) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ddof", [0, 1])
def test_equals_scipy_where_that_is_well_conditioned(seed: int, ddof: Ddof) -> None:
    mix = np.eye(30) + 0.2 * normal(30, 30, seed + 10)
    real, generated = normal(150, 30, seed), normal(90, 30, seed + 5, scale=1.3, shift=0.2) @ mix
    expected = by_sqrtm(real, generated, ddof)
    for route in ROUTES:
        assert route(real, generated, ddof=ddof) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("n", "m", "d"), SHAPES)
def test_routes_agree(n: int, m: int, d: int) -> None:
    real, generated = normal(n, d, 0), normal(m, d, 1, scale=2, shift=0.3)
    value, scale = frechet_distance(real, generated), spread(real, generated)
    assert by_gram(real, generated) == pytest.approx(value, abs=1e-12 * scale)
    regular = min(n, m) > d
    moments = by_moments(real, generated)
    assert moments == pytest.approx(value, abs=(1e-12 if regular else 1e-7) * scale)


def test_routes_agree_on_variances_over_many_decades() -> None:
    scales = 10.0 ** -np.linspace(0, 8, 60)
    real, generated = normal(100, 60, 0) * scales, normal(100, 60, 1) * scales[::-1]
    value, scale = frechet_distance(real, generated), spread(real, generated)
    assert by_gram(real, generated) == pytest.approx(value, abs=1e-13 * scale)
    assert by_moments(real, generated) == pytest.approx(value, abs=1e-7 * scale)


def test_tiny_deviations_count_to_the_last_digit() -> None:
    """Diagonal covariances, deviations from 1 to 1e-10: in closed form, where sqrtm is lost."""
    deviations = 10.0 ** -np.linspace(0, 10, 12)
    whitened = with_moments(50, np.zeros(12), np.eye(12), seed=0)
    turned = with_moments(40, np.zeros(12), np.eye(12), seed=1)
    # Without the first feature, all else is below 1e-1; without half of them, below 1e-5.
    for first in (0, 1, 6, 11):
        one, other = deviations.copy(), 2 * deviations
        one[:first] = other[:first] = 0
        expected = np.square(one - other).sum()
        value = frechet_distance(whitened * one, turned * other)
        assert value == pytest.approx(expected, rel=1e-10)


def test_fewer_clips_than_features_are_no_trouble() -> None:
    """Orthogonal differences: S1 S2 = 0, so that the distance is both traces, in closed form."""
    real, generated = np.zeros((2, 100)), np.zeros((3, 100))
    real[0, 0], generated[0, 1], generated[1, 1] = 2, 3, -3
    expected = np.square(real.mean(0) - generated.mean(0)).sum() + 2 + 9
    assert [route(real, generated) for route in ROUTES] == pytest.approx([expected] * 3, rel=1e-12)


@given(
    st.integers(0, 10**6), st.integers(2, 12), st.integers(2, 12), st.integers(1, 10), st.booleans()
)
@settings(max_examples=40, deadline=None)
def test_invariances(seed: int, n: int, m: int, d: int, moments: bool) -> None:
    route = by_moments if moments else frechet_distance
    real, generated = normal(n, d, seed), normal(m, d, seed + 1, scale=2, shift=1)
    digits = 1e-7 if moments else 1e-11  # moments of singular covariances keep half the digits
    value, close = route(real, generated), digits * (spread(real, generated) + d)
    turned = rotation(d, seed + 2)
    assert value >= 0
    assert route(real @ turned, generated @ turned) == pytest.approx(value, abs=close)
    assert route(real + 50, generated + 50) == pytest.approx(value, abs=100 * close)
    assert route(3 * real, 3 * generated) == pytest.approx(9 * value, abs=9 * close)
    assert route(generated, real) == pytest.approx(value, abs=close)
    assert route(real[::-1], generated[::-1]) == pytest.approx(value, abs=close)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("n", "d"), [(2, 50), (56, 400), (300, 20)])
def test_identical_sets_are_at_0_up_to_rounding(route, n: int, d: int) -> None:
    features = normal(n, d, 0, shift=5)
    assert route(features, features) == 0
    assert route(features, features[::-1].copy()) <= 1e-12 * spread(features, features)


@pytest.mark.parametrize("route", ROUTES)
def test_constant_features_are_points(route) -> None:
    point, cloud = np.full((4, 6), 0.1), normal(9, 6, 0)
    assert route(point, point + 2) == pytest.approx(24, rel=1e-12)
    expected = np.square(cloud.mean(0) - 0.1).sum() + cloud.var(0, ddof=1).sum()
    assert route(point, cloud) == pytest.approx(expected, rel=1e-12)
    assert route(point, point) == 0


def test_any_float_type_of_numpy_and_torch() -> None:
    real, generated = normal(9, 30, 0).astype(np.float32), normal(7, 30, 1).astype(np.float32)
    expected = frechet_distance(real.astype(np.float64), generated.astype(np.float64))
    assert frechet_distance(real, generated) == expected
    assert frechet_distance(torch.from_numpy(real), generated) == expected
    graph = torch.from_numpy(real).double().requires_grad_()
    assert frechet_distance(graph, torch.from_numpy(generated)) == expected


def refused(real: object, generated: object) -> str:
    with pytest.raises(BenchError) as error:
        frechet_distance(real, generated)  # type: ignore[arg-type]
    return str(error.value)


@pytest.mark.usefixtures("unchecked_shapes")
def test_what_is_no_pair_of_feature_sets_is_refused() -> None:
    good = normal(5, 4, 0)
    nan, inf, huge = good.copy(), good.copy(), good.copy()
    nan[3, 1], inf[[1, 2], 0], huge[4, 2] = np.nan, -np.inf, 1e200
    assert "real features: only 1; at least 2" in refused(good[:1], good)
    assert "generated features: there are none" in refused(good, good[:0])
    assert "generated features: 1 of 5 rows" in refused(good, nan)
    assert "the first is row 3" in refused(good, nan)
    assert "real features: 2 of 5 rows" in refused(torch.from_numpy(inf), good)
    assert "the first is row 4" in refused(huge, good)
    assert "real clips have 4 features and generated clips 3" in refused(good, good[:, :3])
    assert "expected (N, D)" in refused(good[0], good)
    assert "expected (N, D)" in refused(good, good[:, :0])
    assert "expected floats, got int64" in refused(good.astype(np.int64), good)
    assert "expected floats, got torch.int64" in refused(good, torch.ones(5, 4).long())


def test_moments_that_give_no_covariance_are_refused() -> None:
    enough = Moments.of(normal(5, 4, 0))
    with pytest.raises(BenchError, match="generated features: only 1"):
        frechet_of_moments(enough, Moments.of(normal(1, 4, 0)))
    with pytest.raises(BenchError, match="real clips have 4 features and generated clips 3"):
        frechet_of_moments(enough, Moments.of(normal(5, 3, 0)))
