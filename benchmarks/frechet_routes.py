"""The Fréchet distance of two sets of features by several routes: this program's and the field's.

All take features (N, D) in float64 and divide by N - 1. The field's make covariances by `np.cov`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import torch
from numpy import ndarray
from scipy.linalg import LinAlgWarning, sqrtm

import plugins.compat as compat
from metrics.distance.frechet import frechet_distance, frechet_of_moments
from metrics.distance.moments import Moments

with compat.quiet():
    from torchmetrics.image.fid import _compute_fid

Route = Callable[[ndarray, ndarray], float]
"""Two sets, (N, D) and (M, D), to their distance."""

STREAM = 64
"""Clips of a batch of streamed moments."""

EPS = 1e-6
"""What pytorch-fid adds to the diagonals where a root is not finite."""

LEAST = 1e-10
"""VideoGPT takes no root of a singular value below."""


def ours_streamed(real: ndarray, generated: ndarray) -> float:
    """This program's from moments, gathered from batches, as of sets that memory does not hold."""
    return frechet_of_moments(_streamed(real), _streamed(generated))


def by_sqrtm(real: ndarray, generated: ndarray) -> float:
    """SciPy's matrix root, its imaginary part dropped: StyleGAN-V, pytorch-fid where it is finite.

    Not finite where the root is not. pytorch-fid refuses imaginary parts past 1e-3, StyleGAN-V
    takes them.
    """
    return _with_root(real, generated, 0.0)


def by_sqrtm_eps(real: ndarray, generated: ndarray) -> float:
    """The branch that pytorch-fid takes where the root is not finite: 1e-6 on both diagonals."""
    return _with_root(real, generated, EPS)


def by_eigenvalues(real: ndarray, generated: ndarray) -> float:
    """torchmetrics' own function: the roots of the eigenvalues of S1 S2."""
    return float(_compute_fid(*map(torch.from_numpy, (*_moments(real), *_moments(generated)))))


def by_singular_values(real: ndarray, generated: ndarray) -> float:
    """Tr (A S2 A)^(1/2), A = S1^(1/2), both by SVD: TF-GAN, VideoGPT, TATS, cd-fvd.

    In float64; VideoGPT and those after it compute in the features' float32.
    """
    (m1, s1), (m2, s2) = _moments(real), _moments(generated)
    root = _symmetric_root(torch.from_numpy(s1))
    trace = _symmetric_root(root @ torch.from_numpy(s2) @ root).trace()
    return float(np.square(m1 - m2).sum() + np.trace(s1 + s2) - 2 * float(trace))


OURS = "ours, of features"
ROUTES: dict[str, Route] = {
    OURS: frechet_distance,
    "ours, of streamed moments": ours_streamed,
    "SciPy sqrtm": by_sqrtm,
    f"SciPy sqrtm, + {EPS:g}": by_sqrtm_eps,
    "torchmetrics, eigenvalues": by_eigenvalues,
    "SVD, as VideoGPT": by_singular_values,
}
"""By the name in the tables."""


def _streamed(features: ndarray) -> Moments:
    batches = [features[i : i + STREAM] for i in range(0, len(features), STREAM)]
    moments = Moments.of(batches[0])
    for batch in batches[1:]:
        moments = moments.merge(Moments.of(batch))
    return moments


def _moments(features: ndarray) -> tuple[ndarray, ndarray]:
    return features.mean(axis=0), np.cov(features, rowvar=False)


def _with_root(real: ndarray, generated: ndarray, eps: float) -> float:
    (m1, s1), (m2, s2) = _moments(real), _moments(generated)
    offset = eps * np.eye(len(s1))
    with warnings.catch_warnings():
        # Those who call it with disp=False do not see that the product is singular.
        warnings.simplefilter("ignore", LinAlgWarning)
        root = sqrtm((s1 + offset) @ (s2 + offset))
    gap = m1 - m2
    return float(np.real(gap @ gap + np.trace(s1) + np.trace(s2) - 2 * np.trace(root)))


def _symmetric_root(matrix: torch.Tensor) -> torch.Tensor:
    left, values, right = torch.linalg.svd(matrix)
    return left @ torch.diag(torch.where(values < LEAST, values, values.sqrt())) @ right
