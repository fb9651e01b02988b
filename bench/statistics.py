"""Intervals and paired tests for small test sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from plugins.errors import BenchError

RESAMPLES = 1000


def bootstrap_interval(
    figure: Callable[[np.ndarray], float],
    groups: Sequence[str],
    strata: Sequence[int],
    seed: int,
    level: float = 0.95,
) -> tuple[float, float] | None:
    """Percentile bootstrap over patients, stratified by class.

    Whole groups are drawn with replacement, within the class of their
    first member, so that videos of one patient stay together and no
    resample lacks a class (Efron and Tibshirani 1993, ch. 8 and 13).

    Args:
        figure: from indices of the drawn items to the figure.
        groups: per item, its group.
        strata: per item, its class index.
        seed: of the draws.
        level: of the interval.

    Returns:
        Lower and upper bound, or None where the items are too few (one
        group in every class) or the figure is undefined on a tenth of
        the resamples.
    """
    members: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    by_class: dict[int, list[str]] = {}
    for group, items in members.items():
        by_class.setdefault(strata[items[0]], []).append(group)
    if all(len(names) < 2 for names in by_class.values()):
        return None
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(RESAMPLES):
        drawn = [
            i
            for names in by_class.values()
            for pick in rng.integers(len(names), size=len(names))
            for i in members[names[pick]]
        ]
        try:
            values.append(figure(np.asarray(drawn)))
        except BenchError:
            continue
    if len(values) < 0.9 * RESAMPLES:
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mcnemar(
    first: dict[str, bool], second: dict[str, bool], groups: dict[str, str] | None = None
) -> float:
    """Exact two-sided test that two classifiers are equally often right.

    McNemar's test where every video is a patient of its own. Videos of
    one patient are no independent trials: with groups, what one classifier
    is ahead by within each group is given either sign, all alike probable
    (a sign-flip permutation test, computed exactly). With groups of one
    this is the binomial test of McNemar.

    Args:
        first, second: per test video, whether it was classified rightly.
        groups: per test video, its patient.

    Returns:
        The p-value; 1 where they never differ.

    Raises:
        BenchError: they were tested on different videos.
    """
    if first.keys() != second.keys():
        raise BenchError("paired test on two different sets of test videos")
    ahead: Counter[str] = Counter()
    for video in first:
        ahead[groups[video] if groups else video] += first[video] - second[video]
    steps = [abs(n) for n in ahead.values() if n]
    chances = np.ones(1)  # of each sum from -reach to reach
    for step in steps:
        grown = np.zeros(len(chances) + 2 * step)
        grown[: len(chances)] += chances / 2
        grown[2 * step :] += chances / 2
        chances = grown
    reach, seen = sum(steps), abs(sum(ahead.values()))
    sums = np.abs(np.arange(-reach, reach + 1))
    return float(min(1.0, chances[sums >= seen].sum()))
