"""The region of interest: every frame of a video cut to one square around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from bench.data.square import SquareSettings, square
from plugins.errors import DataError

if TYPE_CHECKING:
    from plugins.dataset import Box, Record


class FrameSettings(SquareSettings, Protocol):
    """The settings that make a clip's frame of a video's; `ClipSettings` has them."""

    @property
    def region(self) -> Literal["none", "box"]: ...
    @property
    def region_margin(self) -> float: ...
    @property
    def region_side(self) -> int | None: ...


def region_of(record: Record, settings: FrameSettings) -> Box | None:
    """The box that a record's frames are cut around; None where they are used whole.

    Raises:
        DataError: the record's mask or table cannot be read, or its box is empty.
    """
    box = record.region() if settings.region == "box" else None
    if box is None:
        return None
    from plugins.dataset import Box  # late, since it imports torch

    box = Box(*map(int, box))
    if box.left >= box.right or box.top >= box.bottom:
        raise DataError(f"{record.id}: its region of interest, {_words(box)}, is empty; mend it")
    return box


def without_region(records: Sequence[Record], settings: FrameSettings) -> tuple[str, ...]:
    """Ids of the records that are used whole although settings ask for their region.

    Raises:
        DataError: as `region_of`.
    """
    if settings.region == "none":
        return ()
    return tuple(record.id for record in records if region_of(record, settings) is None)


def framing(
    record: Record, settings: FrameSettings
) -> Callable[[UInt8[ndarray, "H W C"]], UInt8[ndarray, "S S D"]]:
    """How a frame of a record becomes a frame of a clip: cut to the region, then squared.

    Raises:
        DataError: as `region_of`; and from what is returned, as `square` and `cut`.
    """
    box = region_of(record, settings)
    if box is None:
        return lambda frame: square(frame, settings)
    return lambda frame: square(cut(frame, box, settings), settings)


def cut(
    frame: UInt8[ndarray, "H W C"], box: Box, settings: FrameSettings
) -> UInt8[ndarray, "S S C"]:
    """The square around what of a box lies in the frame.

    Its side is ``region_side``, or else the box's longer side with a
    margin on both, but no more than the frame's longer side. It is
    centred on the box, and shifted so that it stays inside the frame;
    along an axis where it is larger than the frame it holds all of it,
    and black beside.

    Raises:
        DataError: the box lies outside of the frame.
    """
    height, width = frame.shape[:2]
    near, far = max(box.left, 0), min(box.right, width)
    upper, lower = max(box.top, 0), min(box.bottom, height)
    if near >= far or upper >= lower:
        raise DataError(
            f"the region of interest, {_words(box)}, lies outside of the frame of "
            f"{width}x{height} pixels; mend it"
        )
    longer = max(far - near, lower - upper)
    grown = min(longer + 2 * round(settings.region_margin * longer), max(height, width))
    side = settings.region_side or grown
    left = _first(near + far, side, width)
    top = _first(upper + lower, side, height)
    kept = frame[max(top, 0) : top + side, max(left, 0) : left + side]
    if kept.shape[:2] == (side, side):
        return kept
    laid = np.zeros((side, side, frame.shape[2]), dtype=frame.dtype)
    down, right = max(-top, 0), max(-left, 0)
    laid[down : down + kept.shape[0], right : right + kept.shape[1]] = kept
    return laid


def _first(twice_centre: int, side: int, extent: int) -> int:
    """Where a stretch begins that is centred, and then shifted into the extent or around it."""
    slack = extent - side
    return min(max((twice_centre - side) // 2, min(slack, 0)), max(slack, 0))


def _words(box: Box) -> str:
    return f"left {box.left}, top {box.top}, right {box.right}, bottom {box.bottom}"
