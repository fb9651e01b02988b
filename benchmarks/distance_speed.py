"""How long distances between sets of features take, route by route in turns, and their error."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from frechet_routes import ROUTES, Route, by_sqrtm
from measure import spread
from numpy import ndarray

import plugins.compat as compat
from metrics.distance.frechet import frechet_between
from metrics.distance.kernel_distance import kernel_between, kernel_distance
from metrics.distance.permutation import permutation_test
from metrics.distance.pool import Distance, Statistic

with compat.quiet():
    from torchmetrics.image.kid import poly_mmd

TRACE = 100.0
"""Of the covariance that features are drawn with."""

SHIFT = 0.3
"""Of every feature of the second set, in the closed form and in the sets that are timed."""

SCALE = 1.2
"""Of the deviations of the second set, where two sets are drawn."""

PEER_DRAWS = 9
"""Permutations that are timed by the peer's route, which would take long."""

TURN = 0.1
"""Seconds of a turn, about: a route that takes less is called several times."""

TIME_HEAD = ["N", "D", "route", "seconds", "seconds over ours", "distance", "off ours"]
ERROR_HEAD = ["N", "D", "second set", "exact", *ROUTES]
TEST_HEAD = ["N", "D", "statistic", "seconds", "p"]


@dataclass
class Timed:
    """A route's turns.

    Attributes:
        seconds: of a call, for each turn.
        value: the distance, the same in all.
    """

    seconds: list[float]
    value: float


def frechet_rows(n: int, d: int, repeats: int, threads: int) -> list[list[str]]:
    """The Fréchet distance of two drawn sets by all `ROUTES`, of the columns `TIME_HEAD`."""
    torch.set_num_threads(threads)
    return _time_rows(ROUTES, two_sets(n, d), repeats)


def kernel_rows(n: int, d: int, repeats: int, threads: int) -> list[list[str]]:
    """The kernel distance, with and without its standard error, of the columns `TIME_HEAD`.

    Ours gives the value with the jackknife's standard error; torchmetrics' `poly_mmd` the value.
    """
    torch.set_num_threads(threads)
    routes: dict[str, Route] = {
        "ours, with its standard error": lambda x, y: kernel_distance(x, y).value,
        "torchmetrics poly_mmd": lambda x, y: float(
            poly_mmd(torch.from_numpy(x), torch.from_numpy(y))
        ),
    }
    return _time_rows(routes, two_sets(n, d), repeats)


def error_rows(n: int, d: int, threads: int) -> list[list[str]]:
    """All `ROUTES` where the distance is known: a set against itself, and against itself shifted.

    Covariances are equal then, so that the distance is the squared length of the shift; of
    N <= D clips they are singular.
    """
    torch.set_num_threads(threads)
    first, _ = two_sets(n, d)
    cases = {"equal": (first, 0.0), f"shifted by {SHIFT:g}": (first + SHIFT, d * SHIFT**2)}
    return [
        [str(n), str(d), name, f"{exact:.9g}"]
        + [f"{route(first, second):.9g}" for route in ROUTES.values()]
        for name, (second, exact) in cases.items()
    ]


def permutation_rows(n: int, d: int, draws: int, repeats: int, threads: int) -> list[list[str]]:
    """The permutation test by each statistic, of the columns `TEST_HEAD`.

    By SciPy's root fewer draws are timed, and their time is multiplied.
    """
    torch.set_num_threads(threads)
    few = min(PEER_DRAWS, draws)
    share = (1 + draws) / (1 + few)
    rows: list[tuple[str, Statistic, int]] = [
        (f"Fréchet, {draws} draws", frechet_between, draws),
        (f"kernel, {draws} draws", kernel_between, draws),
        (f"SciPy sqrtm (timed: {few} draws, times {share:.4g})", _sqrtm_between, few),
    ]
    first, second = two_sets(n, d)
    tests = {
        name: partial(_p_value, statistic=statistic, draws=number)
        for name, statistic, number in rows
    }
    found = in_turns(tests, first, second, repeats)
    return [
        [
            str(n),
            str(d),
            name,
            spread([s * (1 + draws) / (1 + number) for s in found[name].seconds]),
            f"{found[name].value:.3g}" if number == draws else "-",
        ]
        for name, _, number in rows
    ]


def two_sets(n: int, d: int) -> tuple[ndarray, ndarray]:
    """Two sets of n independent normal features, of deviations that fall as k^(-1/2)."""
    deviations = np.arange(1, d + 1) ** -0.5
    deviations *= np.sqrt(TRACE / np.square(deviations).sum())
    drawn = np.random.default_rng(0).standard_normal((2, n, d)) * deviations
    return drawn[0], SCALE * drawn[1] + SHIFT


def in_turns(
    routes: dict[str, Route], first: ndarray, second: ndarray, repeats: int
) -> dict[str, Timed]:
    """Every route once to warm up, then one after the other, again and again."""
    found, calls = {}, {}
    for name, route in routes.items():
        route(first, second)
        start = time.perf_counter()
        found[name] = Timed([], route(first, second))
        calls[name] = max(1, round(TURN / (time.perf_counter() - start)))
    for _ in range(repeats):
        for name, route in routes.items():
            start = time.perf_counter()
            for _ in range(calls[name]):
                route(first, second)
            found[name].seconds.append((time.perf_counter() - start) / calls[name])
    return found


def _time_rows(
    routes: dict[str, Route], sets: tuple[ndarray, ndarray], repeats: int
) -> list[list[str]]:
    found = in_turns(routes, *sets, repeats)
    ours = next(iter(found.values()))  # the first
    n, d = sets[0].shape
    return [
        [
            str(n),
            str(d),
            name,
            spread(timed.seconds),
            "1" if timed is ours else spread(_ratios(timed, ours)),
            f"{timed.value:.9g}",
            "-" if timed is ours else f"{abs(timed.value / ours.value - 1):.1e}",
        ]
        for name, timed in found.items()
    ]


def _ratios(timed: Timed, ours: Timed) -> list[float]:
    """Turn by turn, so that whatever else runs on the machine hits both alike."""
    return [b / a for a, b in zip(ours.seconds, timed.seconds, strict=True)]


def _p_value(first: ndarray, second: ndarray, statistic: Statistic, draws: int) -> float:
    return permutation_test(first, second, statistic=statistic, draws=draws, seed=0).p_value


def _sqrtm_between(pooled: ndarray, _: ndarray) -> Distance:
    return lambda first, second: by_sqrtm(pooled[first], pooled[second])
