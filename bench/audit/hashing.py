"""Perceptual hashes: 63 bits that hardly change when a picture is rescaled or re-encoded."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8, UInt64
from numpy import ndarray
from scipy.fft import dctn

_KEPT = 8
_TILE = 1 << 16
"""Pairs that are compared at once: so few that they stay in a core's cache."""


def perceptual_hash(pictures: UInt8[ndarray, "N S S"]) -> UInt64[ndarray, " N"]:
    """Which of the lowest 8 x 8 cosine coefficients, the mean's aside, exceed their median.

    C. Zauner: Implementation and Benchmarking of Perceptual Image Hash
    Functions (2010), section 3.2.1 (DCT based hash).
    """
    waves = dctn(pictures.astype(np.float32), axes=(1, 2), norm="ortho")[:, :_KEPT, :_KEPT]
    waves = waves.reshape(len(pictures), _KEPT * _KEPT)[:, 1:]
    bits = waves > np.median(waves, axis=1, keepdims=True)
    packed = np.packbits(bits, axis=1)
    return np.ascontiguousarray(packed).view(np.uint64)[:, 0]


def near(
    left: UInt64[ndarray, " N"], right: UInt64[ndarray, " M"], radius: int
) -> tuple[ndarray, ndarray, ndarray]:
    """All pairs of hashes that differ in at most ``radius`` bits.

    Returns:
        Indices into left, indices into right, and the bits that differ;
        sorted by the first two.
    """
    rows = max(_TILE // max(len(right), 1), 1)
    pairs = [np.empty(0, np.int64)]
    bits = [np.empty(0, np.uint8)]
    for start in range(0, len(left), rows):
        apart = np.bitwise_count(left[start : start + rows, None] ^ right[None]).ravel()
        close = np.flatnonzero(apart <= radius)
        pairs.append(close + start * len(right))
        bits.append(apart[close])
    i, j = np.divmod(np.concatenate(pairs), max(len(right), 1))
    return i, j, np.concatenate(bits)
