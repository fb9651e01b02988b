"""Real clips and their synthesized continuations in one set, from which subsets are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int
from numpy import ndarray
from torch import Tensor

from metrics.distance.feature_sets import AnySet, check_same_network, double, feature_set
from plugins import BenchError

Rows = Int[ndarray, " _"]
UnitOfRow = Int[ndarray, " P"]
Labels = Sequence[str] | Sequence[int] | ndarray
Continuations = Float[ndarray, "*S M D"] | Float[Tensor, "*S M D"]

Distance = Callable[[ndarray, ndarray], float]
"""How far two subsets are apart, each given by its rows of the pool."""
Statistic = Callable[[ndarray, ndarray], Distance]
"""Prepares a `Distance` from the pool's features (P, D) and the unit of each row (P,)."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The features of N real clips and of S continuations of each one's frame 0.

    Attributes:
        features: (P, D), P = (S + 1) N; row s N + i is source s of clip i,
            where source 0 is the real clip and 1..S are the continuations.
        n_clips: N.
        n_sources: S + 1.
        unit_of_clip: (N,) in 0..U-1.
        n_units: U.
    """

    features: Float64[ndarray, "P D"]
    n_clips: int
    n_sources: int
    unit_of_clip: Int[ndarray, " N"]
    n_units: int

    @classmethod
    def of(cls, real: AnySet, generated: Continuations, units: Labels | None) -> Pool:
        """Pool the two sets.

        Args:
            real: (N, D), N >= 2.
            generated: (S, N, D), or (N, D) for S = 1, in the clips' order.
            units: what each clip belongs to (N,), of any labels; None
                makes each clip a unit of its own.

        Raises:
            BenchError: says which set or labels do not fit.
        """
        first = feature_set("real", real, 2)
        values = double("generated features", generated)
        samples = values[None] if values.ndim == 2 else values
        if samples.ndim != 3 or len(samples) == 0 or samples.shape[1] != len(first):
            raise BenchError(
                f"generated features {values.shape}: expected (S, N, D), S continuations of"
                f" each of the N = {len(first)} real clips, in the same order"
            )
        check_same_network(first.shape[1], samples.shape[2])
        rest = feature_set("generated", samples.reshape(-1, first.shape[1]), 2)
        unit_of_clip, n_units = _numbered(units, len(first))
        pooled = np.concatenate([first, rest])
        return cls(pooled, len(first), len(samples) + 1, unit_of_clip, n_units)

    @property
    def unit_of_row(self) -> UnitOfRow:
        """The unit of each row (P,)."""
        return np.tile(self.unit_of_clip, self.n_sources)

    def rows(self, clips: Rows, source: Rows | int) -> Rows:
        """The rows of some clips, each from its source."""
        return source * self.n_clips + clips


def _numbered(labels: Labels | None, n: int) -> tuple[Int[ndarray, " N"], int]:
    """Labels as 0..U-1 in their sorted order, so that draws do not hang on the clips' order."""
    if labels is None:
        return np.arange(n), n
    if len(labels) != n:
        raise BenchError(f"{len(labels)} labels for {n} real clips; give one for each clip")
    values, numbers = np.unique(np.asarray(labels), return_inverse=True)
    return numbers.reshape(-1), len(values)
