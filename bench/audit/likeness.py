"""How alike two frames are, as they stand and after one is laid onto the other."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float32, UInt8
from numpy import ndarray

from bench.audit.signature import SMALL

SAME_VIEW = 0.98
"""Least correlation of two whole frames that show the same view."""
COPY = 0.97
"""Least correlation of a copy, after it is laid onto its source."""
COPY_DETAIL = 0.85
"""Least correlation of a copy's fine detail, likewise."""

_BLUR = 2.0
_DARK = 12
_LEAST_SHARE = 0.1
_FIRST_STEPS = 10
_PROMISING = 0.9
_LAST_STEPS = 60
_SCALES = (0.5, 1.15)


class Likeness(NamedTuple):
    """Of two frames laid onto each other.

    Attributes:
        correlation: Pearson's, of the grey levels where not both are black.
        detail: the same of what a Gaussian blur (2 pixels of 32) takes away:
            speckle and edges, which other frames of a like view do not share.
    """

    correlation: float
    detail: float

    @property
    def is_copy(self) -> bool:
        """Whether one is the other, but for a crop, scale, brightness or encoding."""
        return self.correlation >= COPY and self.detail >= COPY_DETAIL


class Place(NamedTuple):
    """Where in a frame another one is thought to lie, in shares of its width and height."""

    left: float
    top: float
    width: float
    height: float


WHOLE = Place(0.0, 0.0, 1.0, 1.0)


def correlations(
    left: UInt8[ndarray, "N S S"], right: UInt8[ndarray, "N S S"]
) -> Float32[ndarray, " N"]:
    """Pearson's, pair by pair."""
    first, second = (_standardized(p) for p in (left, right))
    return np.einsum("nd,nd->n", first, second)


def _standardized(pictures: ndarray) -> ndarray:
    n, height, width = pictures.shape
    rows = pictures.reshape(n, height * width).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None] + 1e-6
    return rows


def aligned(
    frame: UInt8[ndarray, "S S"], piece: UInt8[ndarray, "32 32"], place: Place
) -> Likeness | None:
    """Lay a piece onto a frame, starting from a place, and compare what both show.

    The best affine map is found by maximizing the enhanced correlation
    coefficient (G. Evangelidis, E. Psarakis, IEEE TPAMI 30(10), 2008).

    Returns:
        None where no map fits: they show different things.
    """
    side = frame.shape[0]
    wide, high = place.width * side / SMALL, place.height * side / SMALL
    # Pixel centres lie at half pixels, whatever the size of a picture.
    left, top = place.left * side + (wide - 1) / 2, place.top * side + (high - 1) / 2
    warp = np.array([[wide, 0, left], [0, high, top]], np.float32)
    found = _fitted(frame, piece, warp, _FIRST_STEPS)
    if found is None or found[0] < _PROMISING:
        return None
    found = _fitted(frame, piece, found[1], _LAST_STEPS)
    if found is None or not _sensible(found[1], side):
        return None
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shape = (SMALL, SMALL)
    under = cv2.warpAffine(frame, found[1], shape, flags=flags)
    inside = cv2.warpAffine(np.full_like(frame, 255), found[1], shape, flags=flags) == 255
    return _likeness(under, piece, inside)


def _fitted(
    frame: ndarray, piece: ndarray, warp: ndarray, steps: int
) -> tuple[float, ndarray] | None:
    until = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, steps, 1e-4)
    try:
        found, warp = cv2.findTransformECC(
            piece, frame, warp.copy(), cv2.MOTION_AFFINE, until, np.full_like(frame, 255), 3
        )
    except cv2.error:  # it found nothing to hold on to
        return None
    return float(found), warp.astype(np.float32)


def _sensible(warp: ndarray, side: int) -> bool:
    """Whether a map is a crop or a rescaling, not a distortion that makes anything fit."""
    linear = warp[:, :2] * SMALL / side
    scales = np.linalg.svd(linear, compute_uv=False)
    return bool(_SCALES[0] <= scales[1] and scales[0] <= _SCALES[1])


def _likeness(left: ndarray, right: ndarray, inside: ndarray) -> Likeness:
    seen = inside & ((left > _DARK) | (right > _DARK))
    if seen.mean() < _LEAST_SHARE:
        return Likeness(0.0, 0.0)
    first, second = left.astype(np.float32), right.astype(np.float32)
    sharp = (_detail(first), _detail(second))
    return Likeness(
        _correlation(first[seen], second[seen]), _correlation(*(d[seen] for d in sharp))
    )


def _detail(picture: ndarray) -> ndarray:
    return picture - cv2.GaussianBlur(picture, (0, 0), _BLUR)


def _correlation(left: ndarray, right: ndarray) -> float:
    left, right = left - left.mean(), right - right.mean()
    return float((left * right).sum() / (np.sqrt((left**2).sum() * (right**2).sum()) + 1e-9))
