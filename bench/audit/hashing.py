"""Perceptual hashes: 63 bits that hardly change when a picture is rescaled or re-encoded."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import UInt8, UInt64
from numpy import ndarray
from scipy.fft import dctn

from bench.data.each import cores

_KEPT = 8
_BLOCK = 1 << 24
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
) -> Iterator[tuple[ndarray, ndarray, ndarray]]:
    """All pairs of hashes that differ in at most ``radius`` bits, block by block.

    Yields:
        Indices into left, indices into right, and the bits that differ.
    """
    if not len(left) or not len(right):
        return
    rows = max(_BLOCK // len(right), 1)
    with ThreadPoolExecutor(cores()) as pool:
        for start in range(0, len(left), rows):
            block = left[start : start + rows]
            parts = np.array_split(block, min(cores(), len(block)))
            found = list(pool.map(lambda part: _near(part, right, radius), parts))
            starts = start + np.cumsum([0, *map(len, parts)])
            yield (
                np.concatenate([i + s for (i, _, _), s in zip(found, starts, strict=False)]),
                np.concatenate([j for _, j, _ in found]),
                np.concatenate([bits for _, _, bits in found]),
            )


def _near(left: ndarray, right: ndarray, radius: int) -> tuple[ndarray, ndarray, ndarray]:
    rows = max(_TILE // len(right), 1)
    pairs: list[ndarray] = []
    bits: list[ndarray] = []
    for start in range(0, len(left), rows):
        apart = np.bitwise_count(left[start : start + rows, None] ^ right[None]).ravel()
        close = np.flatnonzero(apart <= radius)
        pairs.append(close + start * len(right))
        bits.append(apart[close])
    i, j = np.divmod(np.concatenate(pairs), len(right))
    return i, j, np.concatenate(bits)
