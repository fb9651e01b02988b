"""The floor of a distance between sets: two halves of the real set against each other.

A distance that is biased by the size of the sets means nothing alone. Real
clips against other real clips show what it is where nothing is wrong; the
generated clips, taken at that same size, stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from numpy import ndarray
from numpy.random import Generator

from metrics.distance.feature_sets import AnySet
from metrics.distance.frechet import frechet_between
from metrics.distance.pool import Continuations, Labels, Pool, Statistic
from plugins import BenchError
from plugins.seeds import derive


@dataclass(frozen=True)
class HalfSplit:
    """Two distances at one size, each a mean over the draws.

    Attributes:
        floor: between the real clips of one half and those of the other.
        generated: between the real clips of one half and as many generated
            ones of the other, both ways round.
        sizes: clips in the smaller and in the larger half.
        draws: number of random halvings.
    """

    floor: float
    generated: float
    sizes: tuple[int, int]
    draws: int


def half_split_floor(
    real: AnySet,
    generated: Continuations,
    groups: Labels,
    *,
    statistic: Statistic = frechet_between,
    draws: int = 20,
    seed: int,
) -> HalfSplit:
    """The distance of two halves of the real set, and that of the generated set at that size.

    A draw halves the groups at random, so that no patient is in both
    halves A and B, and compares real A with real B, real A with generated
    B, and real B with generated A. The three have the same sizes and the
    same patients apart; they differ in nothing but who made the clips. Of
    S continuations, a draw takes one at random for each group.

    Halves are as even in clips as whole groups allow. Draws share their
    clips, so their spread is no standard error and is not given.

    Args:
        real: features of the real clips (N, D).
        generated: of the continuations (S, N, D), or (N, D) for S = 1; clip i
            of each starts from frame 0 of real clip i.
        groups: the patient of each real clip (N,).
        statistic: prepares the distance, as in `permutation.permutation_test`.
        draws: number of random halvings.
        seed: of the draws.

    Raises:
        BenchError: sets or groups that do not fit, a half of fewer than 2
            clips, or fewer than 1 draw.
    """
    pool = Pool.of(real, generated, groups)
    if draws < 1:
        raise BenchError(f"half split: draws = {draws}; at least 1 is needed")
    distance = statistic(pool.features, pool.unit_of_row)
    rng = np.random.default_rng(derive(seed, "half split"))
    clips_of_group = np.bincount(pool.unit_of_clip)
    floors, others = [], []
    for _ in range(draws):
        in_first = even_half(clips_of_group, rng)[pool.unit_of_clip]
        source = rng.integers(1, pool.n_sources, size=pool.n_units)[pool.unit_of_clip]
        a, b = np.flatnonzero(in_first), np.flatnonzero(~in_first)
        _check_sizes(len(a), len(b), pool.n_units)
        floors.append(distance(a, b))
        others.append(distance(a, pool.rows(b, source[b])))
        others.append(distance(b, pool.rows(a, source[a])))
    sizes = (min(len(a), len(b)), max(len(a), len(b)))
    return HalfSplit(float(np.mean(floors)), float(np.mean(others)), sizes, draws)


def even_half(sizes: Int[ndarray, " G"], rng: Generator) -> ndarray:
    """A random half of the groups (G,), True where inside, of as near half the clips as can be.

    Groups are taken in a random order, and of the sums that the first k
    of them can reach, k = 0..G, the way back from the sum nearest to half
    takes or leaves each, at random where both lead there.

    Args:
        sizes: clips of each group.
        rng: of the draw.
    """
    order = rng.permutation(len(sizes))
    reachable = [1]  # bit s: some of the groups so far have s clips together
    for size in sizes[order]:
        reachable.append(reachable[-1] | reachable[-1] << int(size))
    left = int(sizes.sum()) // 2
    while not reachable[-1] >> left & 1:
        left -= 1
    inside = np.zeros(len(sizes), dtype=bool)
    for k in range(len(sizes), 0, -1):
        group = order[k - 1]
        rest = left - int(sizes[group])
        can_take = rest >= 0 and bool(reachable[k - 1] >> rest & 1)
        can_leave = bool(reachable[k - 1] >> left & 1)
        if can_take and (not can_leave or rng.random() < 0.5):
            inside[group], left = True, rest
    return inside


def _check_sizes(first: int, second: int, n_groups: int) -> None:
    if min(first, second) < 2:
        raise BenchError(
            f"half split: {first + second} clips of {n_groups} patients make halves of"
            f" {min(first, second)} and {max(first, second)} clips; each needs at least 2,"
            " of other patients than the other half: add videos of more patients"
        )
