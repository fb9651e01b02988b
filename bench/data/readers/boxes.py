"""Boxes of pixels: joined, and cut to the frame."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor

from plugins.dataset import Box


def union(boxes: Iterable[Box]) -> Box | None:
    """The smallest box around all of them; None where there is none."""
    boxes = list(boxes)
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def inside(
    left: float, top: float, right: float, bottom: float, width: int, height: int
) -> Box | None:
    """What of a box lies in a frame, out to whole pixels; None where nothing does.

    Args:
        left: of the box, in pixels, as are the other three.
        width: of the frame, in pixels, as is its height.
    """
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, width), min(bottom, height)
    if not (left < right and top < bottom):
        return None
    return Box(floor(left), floor(top), ceil(right), ceil(bottom))
