"""Burned-in text, by a heuristic: strokes that stand out, in rows as letters do."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from scipy.sparse.csgraph import connected_components

STAND_OUT = 70
"""Grey levels by which a stroke is brighter than what is around it, at least."""
TALL = (6, 40)
"""Least and largest height of a letter, pixels."""
WORD = 3
"""Letters in a row that make a word."""

_STROKE = 15
_LIKE_HEIGHT = 0.25
_SAME_LINE = 0.2
_GAP = 0.9


def letters(frame: UInt8[ndarray, "H W C"]) -> int:
    """How many shapes of a frame look like letters of words.

    Bright strokes (a white top-hat of 15 pixels) of a letter's height and
    shape count where at least three of like height stand on one line,
    close together. Finds words and numbers, not calipers, rulers or marks;
    on BUSI's samples it found all eleven words that can be read, and the
    remains of four cut-off ones.

    Args:
        frame: C = 1 (grey) or 3 (RGB).
    """
    grey = np.ascontiguousarray(frame.max(axis=2))
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (_STROKE, _STROKE))
    strokes = cv2.morphologyEx(grey, cv2.MORPH_TOPHAT, kernel)
    bright = strokes >= max(STAND_OUT, 0.5 * float(strokes.max()))
    _, _, found, _ = cv2.connectedComponentsWithStats(bright.astype(np.uint8), connectivity=8)
    shapes = found[1:].astype(np.float64)
    _, _, width, height, area = shapes.T
    fits = (height >= TALL[0]) & (height <= TALL[1]) & (width <= 1.5 * height)
    shapes = shapes[fits & (area >= np.maximum(0.15 * width * height, 6))]
    return _in_words(shapes) if len(shapes) >= WORD else 0


def _in_words(shapes: ndarray) -> int:
    """Of shapes (N, 5: left, top, width, height, area), those in rows of three or more."""
    left, top, width, height, _ = shapes.T
    middle = top + height / 2
    low = np.minimum(height[:, None], height[None])
    gap = left[None] - (left + width)[:, None]
    follows = (
        (np.abs(np.log(height[:, None] / height[None])) < _LIKE_HEIGHT)
        & (np.abs(middle[:, None] - middle[None]) < _SAME_LINE * low)
        & (gap >= -1)
        & (gap <= _GAP * low)
    )
    _, words = connected_components(follows, directed=False)
    sizes = np.bincount(words)
    return int(sizes[sizes >= WORD].sum())
