"""The Fréchet distance at infinite N, where the data allow an extrapolation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.distance.feature_sets import AnySet, OtherSet, feature_pair
from metrics.distance.frechet import Ddof, frechet_distance
from plugins import BenchError
from plugins.seeds import derive

POINTS = 15
"""Sizes on the line; the paper's number."""
SMALLEST = 2
"""The smallest size, in D: below, the bias is no longer proportional to 1/N."""
NEEDED = 4
"""The smallest set, in D, so that the line is fitted to a range of sizes of 2 or more."""


@dataclass(frozen=True)
class Extrapolated:
    """A line in 1/N through distances of subsets.

    Attributes:
        value: where it meets 1/N = 0; by the noise of the fit it can be
            negative, and is then given so.
        slope: its slope: a distance at N is about ``value + slope / N``.
        sizes: the N of the subsets, both sets alike.
        distances: theirs.
    """

    value: float
    slope: float
    sizes: tuple[int, ...]
    distances: tuple[float, ...]


def extrapolated_frechet(
    real: AnySet, generated: OtherSet, *, ddof: Ddof = 1, seed: int
) -> Extrapolated:
    """Extrapolate the Fréchet distance to infinite N (Chong and Forsyth, CVPR 2020).

    The distances of random subsets of both sets, at 15 sizes from 2 D to N
    in even steps, by least squares against 1/N. The paper keeps the real
    set whole; here both are finite and both bias the figure, so both are
    drawn at the same size.

    It takes N >= 4 D clips of each. For normal features of one distribution,
    D = 20, N = 80, the plain distance is 3.19 on average of 300 sets, and the
    extrapolation -0.02 with a standard deviation of 0.49. Where N is near D
    or below, the curve is not yet a line, so there it is refused.

    Args:
        real: (N, D).
        generated: (M, D); the smaller of N and M counts.
        ddof: covariances over N - ddof.
        seed: of the subsets.

    Raises:
        BenchError: fewer than 4 D clips on a side, or sets that do not fit.
    """
    real, generated = feature_pair(real, generated)
    n, d = min(len(real), len(generated)), real.shape[1]
    if n < NEEDED * d:
        raise BenchError(
            f"extrapolation to infinite N: {len(real)} real and {len(generated)} generated clips"
            f" of {d} features; it takes at least {NEEDED} x {d} = {NEEDED * d} of each."
            " Report the distance with its N instead"
        )
    rng = np.random.default_rng(derive(seed, "extrapolation"))
    sizes = np.unique(np.linspace(SMALLEST * d, n, POINTS).round().astype(int))
    distances = [
        frechet_distance(
            real[rng.permutation(len(real))[:size]],
            generated[rng.permutation(len(generated))[:size]],
            ddof=ddof,
        )
        for size in sizes
    ]
    slope, value = np.polyfit(1 / sizes, distances, 1)
    return Extrapolated(float(value), float(slope), tuple(map(int, sizes)), tuple(distances))
