"""The kernel distance between two sets of features: unbiased MMD^2 with a cubic kernel.

    MMD^2 = mean k(x, x') + mean k(y, y') - 2 mean k(x, y),  k(x, y) = (x . y / D + 1)^3

with x' another real and y' another generated clip than x and y (Gretton et
al., A kernel two-sample test, JMLR 13, 2012, equation 3; the kernel is KID's,
Binkowski et al., Demystifying MMD GANs, ICLR 2018). For videos it is
the KVD. Its expectation is 0 for sets of one distribution, whatever their
size, so it may be negative, and is then reported so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int
from numpy import ndarray

from metrics.distance.feature_sets import AnySet, Set, feature_pair
from metrics.distance.pool import Continuations, Distance, Labels, Pool, Rows, UnitOfRow
from plugins import BenchError

ROUNDING = 1e-12
"""A distance below this part of its terms is 0."""
BLOCK = 1024
"""Rows of the kernel matrix that are in memory at a time."""


@dataclass(frozen=True)
class KernelDistance:
    """A kernel distance.

    Attributes:
        value: MMD^2, possibly negative.
        standard_error: of the value, by the jackknife; None where leaving
            one unit out leaves fewer than 2 on a side.
    """

    value: float
    standard_error: float | None


def kernel_distance(
    real: AnySet, generated: Continuations, *, units: Labels | None = None
) -> KernelDistance:
    """The kernel distance of two sets, with its standard error.

    A continuation is like the real clip whose frame 0 it shares, more than
    like another, and clips of one video or patient are alike. Such pairs
    would bias the figure. With `units`, only pairs of different units count,
    in all three means, which makes it unbiased again.

    The standard error is the jackknife's, which is consistent for such means
    over pairs and for two samples (Arvesen, Jackknifing U-statistics, Ann. Math.
    Stat. 40, 1969), and is on average too large rather than too small (Efron and
    Stein, The jackknife estimate of variance, Ann. Stat. 9, 1981): for sets of
    one distribution about 1.5 times the true one, so that a test is
    `permutation`'s. It leaves out one unit at a time, or without units one
    clip of either set.

    Args:
        real: features (N, D), N >= 2.
        generated: (M, D), M >= 2. With `units`, the continuations of the
            real clips: (S, N, D), or (N, D) for S = 1.
        units: per real clip, what it belongs to (N,): its video or patient.
            None: all clips of both sets are independent.

    Raises:
        BenchError: sets or units that do not fit, or fewer than 2 units.
    """
    if units is None:
        first, second = feature_pair(real, generated)
        n, m = len(first), len(second)
        of_first, of_second = np.arange(n), n + np.arange(m)
        strata = [of_first, of_second]
    else:
        pool = Pool.of(real, generated, units)
        _check_units(pool.n_units)
        first, second = np.split(pool.features, [pool.n_clips])
        of_first, of_second = np.split(pool.unit_of_row, [pool.n_clips])
        strata = [np.arange(pool.n_units)]
    n_units = sum(map(len, strata))
    own = _mean_kernel(first, first, of_first, of_first, n_units)
    other = _mean_kernel(second, second, of_second, of_second, n_units)
    cross = _mean_kernel(first, second, of_first, of_second, n_units)
    values = _squared(own, other, cross)
    return KernelDistance(float(values[0]), _jackknife(values[1:], strata))


def kernel_between(pooled: Set, units: UnitOfRow) -> Distance:
    """The distance between any two subsets of the pooled rows, for many draws.

    Args:
        pooled: (P, D) features, as `pool.Pool` has them; the kernel matrix
            (P, P) is kept.
        units: of each row; only pairs of different units count.

    Raises:
        BenchError: fewer than 2 units.
    """
    _check_units(len(np.unique(units)))
    apart = (units[:, None] != units).astype(np.float64)
    kernel = _kernel(pooled, pooled) * apart

    def mean(first: Rows, second: Rows) -> float:
        block = np.ix_(first, second)
        n_pairs = apart[block].sum()
        if n_pairs == 0:
            raise BenchError("kernel distance: a subset holds clips of one unit only; add videos")
        return float(kernel[block].sum() / n_pairs)

    def distance(first: Rows, second: Rows) -> float:
        means = mean(first, first), mean(second, second), mean(first, second)
        return float(_squared(*map(np.array, means)))

    return distance


def _squared(own: ndarray, other: ndarray, cross: ndarray) -> ndarray:
    """MMD^2 of mean kernels of any shape; what is below rounding is 0, so that equals tie."""
    value = own + other - 2 * cross
    rounding = ROUNDING * (np.abs(own) + np.abs(other) + 2 * np.abs(cross))
    return np.where(np.abs(value) < rounding, 0.0, value)


def _kernel(first: Set, second: Float64[ndarray, "M D"]) -> Float64[ndarray, "N M"]:
    base = first @ second.T / first.shape[1] + 1
    return base * base * base  # an order of magnitude faster than base**3


def _check_units(n: int) -> None:
    if n < 2:
        raise BenchError(
            "kernel distance: all clips are of one unit, and only pairs of different units"
            " count; at least 2 videos are needed"
        )


def _mean_kernel(
    first: Set,
    second: Float64[ndarray, "M D"],
    of_first: Int[ndarray, " N"],
    of_second: Int[ndarray, " M"],
    n_units: int,
) -> Float64[ndarray, " _"]:
    """The mean kernel over pairs of different units: over all, then without unit 0, 1, ...

    NaN where no pair is left.
    """
    sums = np.zeros(n_units)  # over the pairs that each unit has a part in
    for start in range(0, len(first), BLOCK):
        rows = slice(start, start + BLOCK)
        kernel = _kernel(first[rows], second)
        kernel[of_first[rows, None] == of_second] = 0
        sums += np.bincount(of_first[rows], kernel.sum(axis=1), n_units)
        sums += np.bincount(of_second, kernel.sum(axis=0), n_units)
    n, m = np.bincount(of_first, minlength=n_units), np.bincount(of_second, minlength=n_units)
    pairs = n * (m.sum() - m) + m * (n.sum() - n)
    # A pair is of two units, so both have counted it.
    total = np.append(sums.sum() / 2, sums.sum() / 2 - sums)
    left = np.append(pairs.sum() / 2, pairs.sum() / 2 - pairs)
    return np.divide(total, left, out=np.full(n_units + 1, np.nan), where=left > 0)


def _jackknife(left_out: Float64[ndarray, " U"], strata: list[Int[ndarray, " _"]]) -> float | None:
    """The standard error from the values without one unit, each stratum a sample of its own."""
    if np.isnan(left_out).any():
        return None
    values = [left_out[stratum] for stratum in strata]
    return float(np.sqrt(sum((len(v) - 1) * v.var() for v in values)))
