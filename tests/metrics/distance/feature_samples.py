"""Features with a known distribution, and paired sets, for the tests of distances."""

from __future__ import annotations

import numpy as np
from numpy import ndarray


def normal(n: int, d: int, seed: int, *, scale: float = 1.0, shift: float = 0.0) -> ndarray:
    """(n, d) of independent normal features."""
    return shift + scale * np.random.default_rng(seed).standard_normal((n, d))


def with_moments(n: int, mean: ndarray, covariance: ndarray, seed: int) -> ndarray:
    """(n, d) whose sample mean and covariance (over n - 1) are exactly these, for n > d."""
    raw = normal(n, len(mean), seed)
    whitened = np.linalg.qr(raw - raw.mean(axis=0))[0] * np.sqrt(n - 1)
    values, vectors = np.linalg.eigh(covariance)
    return mean + whitened @ (vectors * np.sqrt(values.clip(0))) @ vectors.T


def rotation(d: int, seed: int) -> ndarray:
    """A random orthogonal matrix."""
    return np.linalg.qr(normal(d, d, seed))[0]


def paired(
    units: int, clips: int, samples: int, d: int, seed: int, *, shift: float = 0.0
) -> tuple[ndarray, ndarray, list[int]]:
    """Real clips, continuations and units, as videos with several clips have them.

    A clip's features are its frame 0, which real and generated share, and
    a continuation, whose greater part all clips of the video and source
    share. Real and generated have one distribution where shift is 0.

    Returns:
        (N, d), (samples, N, d), and the unit of each of the N = units * clips.
    """
    rng = np.random.default_rng(seed)
    start = rng.standard_normal((1, units, clips, d))
    of_video = rng.standard_normal((1 + samples, units, 1, d))
    of_clip = rng.standard_normal((1 + samples, units, clips, d))
    features = start + of_video + 0.3 * of_clip
    features[1:] += shift
    flat = features.reshape(1 + samples, units * clips, d)
    return flat[0], flat[1:], np.repeat(np.arange(units), clips).tolist()
