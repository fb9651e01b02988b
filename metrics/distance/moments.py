"""Mean and covariance of features, gathered batch by batch in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from metrics.distance.feature_sets import AnySet, feature_set
from plugins import BenchError


@dataclass(frozen=True, eq=False)
class Moments:
    """What a Fréchet distance needs of a set, however large the set is: O(D^2) numbers.

    Take `of` each batch and `merge` them; how the clips are batched, and in
    which order they come, matters only to rounding.

    Attributes:
        count: N, the number of clips.
        mean: (D,), their mean.
        scatter: (D, D), the sum over clips of (x - mean)(x - mean)^T.
    """

    count: int
    mean: Float64[ndarray, " D"]
    scatter: Float64[ndarray, "D D"]

    @classmethod
    def of(cls, features: AnySet, role: str = "the") -> Moments:
        """The moments of one batch (N, D), N >= 1.

        Raises:
            BenchError: what `feature_sets.feature_set` refuses, with the role.
        """
        array = feature_set(role, features)
        mean = array.mean(axis=0)
        centred = array - mean
        return cls(len(array), mean, centred.T @ centred)

    def merge(self, other: Moments) -> Moments:
        """The moments of both sets together.

        By the pairwise update, which squares no large mean (Chan, Golub,
        LeVeque, Algorithms for computing the sample variance, The American
        Statistician 37(3), 1983), for vectors.

        Raises:
            BenchError: D differs.
        """
        if len(self.mean) != len(other.mean):
            raise BenchError(
                f"moments of {len(self.mean)} and of {len(other.mean)} features:"
                " batches of one set must come from one network"
            )
        count = self.count + other.count
        step = other.mean - self.mean
        between = np.outer(step, step) * (self.count * other.count / count)
        mean = self.mean + step * (other.count / count)
        return Moments(count, mean, self.scatter + other.scatter + between)

    def covariance(self, ddof: int = 1) -> Float64[ndarray, "D D"]:
        """The scatter over N - ddof; N must be at least 2."""
        return self.scatter / (self.count - ddof)
