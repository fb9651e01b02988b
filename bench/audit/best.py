"""Of many candidates, the best few of every pair of records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy import ndarray


def nearest(left: ndarray, right: ndarray, bits: ndarray, among: ndarray, most: int) -> ndarray:
    """Of candidates, by index, those of every pair of records whose hashes differ least.

    Args:
        left, right: of each candidate, the records.
        bits: in which its hashes differ.
        among: the candidates to look at.
        most: of a pair.
    """
    order = among[np.lexsort((bits[among], right[among], left[among]))]
    runs = _runs(left[order], right[order], order)
    return np.concatenate([members[:most] for _, members in runs] or [order])


class Best:
    """The best few candidates of every pair of records.

    Args:
        least: correlation that a candidate must have.
        most: candidates of a pair.
    """

    def __init__(self, least: float, most: int) -> None:
        self._least, self._most = least, most
        self._found: dict[tuple[int, int], list[tuple[float, int, int]]] = {}

    def add(self, i: ndarray, j: ndarray, left: ndarray, right: ndarray, r: ndarray) -> None:
        """Take in candidates i, j of records left, right that correlate by r."""
        good = np.flatnonzero(r >= self._least)
        order = good[np.lexsort((-r[good], right[good], left[good]))]
        for (a, b), members in _runs(left[order], right[order], order):
            pair = (min(a, b), max(a, b))
            own = self._found.setdefault(pair, [])
            own += [(float(r[n]), int(i[n]), int(j[n])) for n in members[: self._most]]
            own.sort(reverse=True)
            del own[self._most :]

    def kept(self) -> Iterator[tuple[int, int, float]]:
        """All of them, by pair of records."""
        for pair in sorted(self._found):
            yield from ((i, j, r) for r, i, j in self._found[pair])


def _runs(
    left: ndarray, right: ndarray, order: ndarray
) -> Iterable[tuple[tuple[int, int], ndarray]]:
    """Stretches of equal (left, right)."""
    if not len(order):
        return
    ends = np.flatnonzero((np.diff(left) != 0) | (np.diff(right) != 0)) + 1
    for members in np.split(np.arange(len(order)), ends):
        yield (int(left[members[0]]), int(right[members[0]])), order[members]
