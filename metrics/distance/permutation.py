"""A permutation test of "generated clips have the distribution of real ones"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy import ndarray

from metrics.distance.feature_sets import AnySet
from metrics.distance.frechet import frechet_between
from metrics.distance.pool import Continuations, Distance, Labels, Pool, Statistic
from plugins import BenchError
from plugins.seeds import derive

ROUNDING = 1e-9
"""Draws that fall short of the observed distance by less, relative to the largest, equal it."""


@dataclass(frozen=True)
class PermutationTest:
    """The outcome of a permutation test.

    Attributes:
        observed: the distance between real and generated clips.
        p_value: of the hypothesis that both have one distribution given
            frame 0, in [1 / (1 + draws), 1].
        draws: number of random permutations.
        units: U, the number of units that were permuted.
    """

    observed: float
    p_value: float
    draws: int
    units: int


def permutation_test(
    real: AnySet,
    generated: Continuations,
    *,
    units: Labels | None = None,
    statistic: Statistic = frechet_between,
    draws: int = 1000,
    seed: int,
) -> PermutationTest:
    """Test whether real and generated clips could be exchanged.

    Real and generated clips are paired by their frame 0, so they are not
    exchanged freely. If the generator draws from the true distribution of
    continuations, then the S + 1 continuations of a unit's frames 0 (one
    real, S generated) are exchangeable. A draw picks for each unit, apart
    from the others, which of the S + 1 takes the real one's part, for all
    clips of the unit together.

    p = (1 + #{draws at least as far apart as observed}) / (1 + draws), which
    is valid for any number of draws (Phipson and Smyth, Permutation p-values
    should never be zero, Stat. Appl. Genet. Mol. Biol. 9(1), 2010). With S = 1
    and few units it cannot be small: there are 2^(U-1) different swaps.

    Args:
        real: features of the real clips (N, D).
        generated: of the continuations (S, N, D), or (N, D) for S = 1; clip i
            of each starts from frame 0 of real clip i.
        units: per clip, what is swapped together (N,): its video, or its
            patient where a patient has several videos. None: the clip.
        statistic: prepares the distance: `frechet.frechet_between`,
            `kernel_distance.kernel_between`, or another.
        draws: number of random permutations.
        seed: of the draws. The order of the clips does not matter.

    Raises:
        BenchError: sets or units that do not fit, fewer than 2 units, or
            fewer than 1 draw.
    """
    pool = Pool.of(real, generated, units)
    if pool.n_units < 2:
        raise BenchError(
            "permutation test: all clips are of one unit, so there is nothing to permute;"
            " at least 2 videos are needed"
        )
    if draws < 1:
        raise BenchError(f"permutation test: draws = {draws}; at least 1 is needed")
    distance = statistic(pool.features, pool.unit_of_row)
    rng = np.random.default_rng(derive(seed, "permutation"))
    chosen = rng.integers(pool.n_sources, size=(draws, pool.n_units))
    observed = _apart(pool, distance, np.zeros(pool.n_units, dtype=np.int64))
    drawn = np.array([_apart(pool, distance, sources) for sources in chosen])
    slack = ROUNDING * max(abs(observed), float(np.abs(drawn).max()))
    as_far = int((drawn >= observed - slack).sum())
    return PermutationTest(observed, (1 + as_far) / (1 + draws), draws, pool.n_units)


def _apart(pool: Pool, distance: Distance, source_of_unit: Int[ndarray, " U"]) -> float:
    """The distance where, per unit, this source takes the part of the real clips."""
    clips = np.arange(pool.n_clips)
    first = pool.rows(clips, source_of_unit[pool.unit_of_clip])
    return distance(first, np.delete(np.arange(len(pool.features)), first))
