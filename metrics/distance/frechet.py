"""The Fréchet distance between two sets of features, exact in float64.

    d^2 = |mu1 - mu2|^2 + Tr(S1) + Tr(S2) - 2 Tr((S1 S2)^(1/2))

the squared 2-Wasserstein distance of the Gaussians with the sets' means and
covariances (Dowson and Landau, The Fréchet distance between multivariate
normal distributions, J. Multivariate Anal. 12, 1982; for
features of a network: Heusel et al., NIPS 2017, equation 6).

Where S1 = A A^T and S2 = B B^T, the last trace is the sum of the singular
values of A^T B (its nuclear norm), since (A^T B)(A^T B)^T has the eigenvalues
of S1 S2. So there is no root of a product of matrices, hence no complex
number and nothing to regularize, and singular S1, S2 are as good as any. A is

- of N < D clips, the centred features themselves over (N - 1)^(1/2);
- of more, the triangle R^T of their QR decomposition, D x D;
- of streamed moments, the root of S1 by its eigenvalues.

The first two are good to 1e-13 of Tr(S1) + Tr(S2), whatever the rank and
the scales of the features. Moments hold squares, so directions of less than
1e-8 of the largest deviation are lost in them, and the last is good to 1e-7
where covariances are singular. What is less than 1e-12 of |mu1 - mu2|^2 +
Tr(S1) + Tr(S2), or negative, is rounding, and is given as 0.

The distance is biased: two sets of one distribution are apart, and the more so
the smaller they are. Compare it at equal N only, and beside `half_split` and
`permutation`.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float64
from numpy import ndarray

from metrics.distance.feature_sets import AnySet, OtherSet, Set, check_same_network, feature_pair
from metrics.distance.moments import Moments
from metrics.distance.pool import Distance, Rows, UnitOfRow
from plugins import BenchError

ROUNDING = 1e-12
"""A distance below this part of its positive terms is 0."""
Ddof = Literal[0, 1]
"""Covariances over N - ddof: 1 is unbiased; 0 is what StyleGAN-V and VideoGPT do."""


def frechet_distance(real: AnySet, generated: OtherSet, *, ddof: Ddof = 1) -> float:
    """The Fréchet distance d^2 of two sets, in squared feature units, 0 or more.

    Args:
        real: (N, D), N >= 2, NumPy or torch.
        generated: (M, D), M >= 2; M may differ from N.
        ddof: covariances over N - ddof.

    Raises:
        BenchError: says which set is too small, of another D, or not finite.
    """
    real, generated = feature_pair(real, generated)
    gap = real.mean(axis=0) - generated.mean(axis=0)
    first, second = _factor(real, ddof), _factor(generated, ddof)
    variances = float(np.square(first).sum() + np.square(second).sum())
    return _distance(float(gap @ gap), variances, first @ second.T)


def frechet_of_moments(real: Moments, generated: Moments, *, ddof: Ddof = 1) -> float:
    """The same distance from streamed moments, for sets that do not fit in memory.

    Raises:
        BenchError: a set of fewer than 2 clips, or D differs.
    """
    for role, moments in (("real", real), ("generated", generated)):
        if moments.count < 2:
            raise BenchError(f"{role} features: only {moments.count}; at least 2 clips are needed")
    check_same_network(len(real.mean), len(generated.mean))
    gap = real.mean - generated.mean
    first, second = real.covariance(ddof), generated.covariance(ddof)
    variances = float(np.trace(first) + np.trace(second))
    return _distance(float(gap @ gap), variances, _root(first).T @ _root(second))


def frechet_between(
    pooled: Set,
    units: UnitOfRow,  # noqa: ARG001 - a statistic's signature
    *,
    ddof: Ddof = 1,
) -> Distance:
    """The distance between any two subsets of the pooled rows, for many draws.

    Where they are few, every draw is a block of one Gram matrix, centred.

    Args:
        pooled: (P, D) features, as `pool.Pool` has them.
        units: not looked at; which clips belong together does not change
            the distance.
        ddof: covariances over N - ddof.
    """
    if len(pooled) > 2 * pooled.shape[1]:
        return lambda first, second: frechet_distance(pooled[first], pooled[second], ddof=ddof)
    centred = pooled - pooled.mean(axis=0)
    return partial(_of_gram, centred @ centred.T, ddof=ddof)


def _of_gram(gram: Float64[ndarray, "P P"], first: Rows, second: Rows, *, ddof: Ddof = 1) -> float:
    """The distance of two subsets from the inner products of all rows."""
    cross = gram[np.ix_(first, second)]
    own = [gram[np.ix_(rows, rows)] for rows in (first, second)]
    gap = own[0].mean() + own[1].mean() - 2 * cross.mean()
    # The trace of a covariance: squared lengths about the subset's own mean.
    spread = [np.trace(block) - len(block) * block.mean() for block in own]
    n, m = (len(block) - ddof for block in own)
    centred = cross - cross.mean(axis=0) - cross.mean(axis=1, keepdims=True) + cross.mean()
    return _distance(float(gap), float(spread[0] / n + spread[1] / m), centred / np.sqrt(n * m))


def _factor(features: Set, ddof: Ddof) -> Float64[ndarray, "R D"]:
    """A^T of the covariance A A^T, R = min(N, D)."""
    scaled = (features - features.mean(axis=0)) / np.sqrt(len(features) - ddof)
    if len(scaled) <= scaled.shape[1]:
        return scaled
    return np.asarray(np.linalg.qr(scaled, mode="r"))


def _root(covariance: Float64[ndarray, "D D"]) -> Float64[ndarray, "D D"]:
    """A of the covariance A A^T."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(values.clip(0))  # below 0 by rounding only


def _distance(gap: float, variances: float, cross: ndarray) -> float:
    """|mu1 - mu2|^2 + Tr(S1) + Tr(S2) - 2 |cross|_*."""
    value = gap + variances - 2 * float(np.linalg.svd(cross, compute_uv=False).sum())
    return value if value > ROUNDING * (gap + variances) else 0.0
