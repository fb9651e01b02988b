from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy import ndarray
from scipy.optimize import linprog

from metrics.wheel import N_DIRECTIONS, spread, transport


def random_wheel(seed: int, *, rest: bool = True) -> ndarray:
    """A random distribution, with mass at rest or without."""
    masses = np.random.default_rng(seed).dirichlet(np.full(N_DIRECTIONS + 1, 0.3))
    masses[-1] *= rest
    return masses / masses.sum()


def one(degrees: float | None) -> ndarray:
    """All mass in one direction, or at rest."""
    angle = np.deg2rad(degrees or 0)
    return spread(np.cos([angle]), np.sin([angle]), np.array([0.0 if degrees is None else 1.0]))


def circular(first: ndarray, second: ndarray) -> float:
    """Circular Wasserstein-1 in closed form: sum of |F - G - median(F - G)| (Rabin et al. 2011)."""
    cumulative = np.cumsum((first - second)[:-1])
    return np.abs(cumulative - np.median(cumulative)).sum() * 360 / N_DIRECTIONS


def by_plan(first: ndarray, second: ndarray) -> float:
    """Optimal transport by its definition: the cheapest plan, over all pairs of places."""
    n = N_DIRECTIONS + 1
    step = np.abs(np.subtract.outer(np.arange(n - 1), np.arange(n - 1)))
    cost = np.full((n, n), 90.0)
    cost[:-1, :-1] = np.minimum(step, N_DIRECTIONS - step) * 10
    cost[-1, -1] = 0
    rows, columns = np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))
    margins = np.concatenate([first, second])
    return linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=margins).fun


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_cheapest_plan(seed: int) -> None:
    first, second = random_wheel(seed), random_wheel(seed + 100)
    assert transport(first, second) == pytest.approx(by_plan(first, second), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_without_rest_it_is_the_circular_distance(seed: int) -> None:
    first, second = random_wheel(seed, rest=False), random_wheel(seed + 100, rest=False)
    assert transport(first, second) == pytest.approx(circular(first, second), abs=1e-6)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_it_is_a_metric(i: int, j: int, k: int) -> None:
    a, b, c = random_wheel(i), random_wheel(j), random_wheel(k)
    assert transport(a, a) == 0
    assert transport(a, b) == pytest.approx(transport(b, a), abs=1e-6)
    assert transport(a, c) <= transport(a, b) + transport(b, c) + 1e-6
    assert 0 <= transport(a, b) <= 180 + 1e-6


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [(0, 90, 90), (350, 20, 30), (0, 180, 180), (3, 10, 7), (45, None, 90), (None, None, 0)],
)
def test_known_distances(first: float | None, second: float | None, distance: float) -> None:
    assert transport(one(first), one(second)) == pytest.approx(distance, abs=1e-6)


def test_spread_keeps_mass_and_mean_direction() -> None:
    rng = np.random.default_rng(0)
    dx, dy, mass = *rng.standard_normal((2, 50)), rng.random(50)
    wheel = spread(dx, dy, mass)
    assert wheel.sum() == pytest.approx(1)
    assert wheel[-1] == pytest.approx(1 - mass.mean())
    assert one(354)[[35, 0]] == pytest.approx([0.6, 0.4])
