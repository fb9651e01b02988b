"""Videos and stills in small: letterboxed, so that nothing is cut."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from bench.data.sheet import GREY
from plugins.dataset import Record
from plugins.errors import DataError

MOST = 256
"""Frames of a video held in memory; of a longer one, evenly spaced ones."""


@dataclass(frozen=True)
class Thumbnail:
    """A record in small.

    Attributes:
        frames: uint8 (T, size, size, 3), at most `MOST` + 1, the record's
            first and last among them.
        count: frames of the record, counted by decoding.
        width: of the record's frames, in pixels.
        height: of the record's frames, in pixels.
    """

    frames: UInt8[ndarray, "T S S 3"]
    count: int
    width: int
    height: int


def thumbnail(record: Record, size: int) -> Thumbnail:
    """Decode a record frame by frame into squares of `size` pixels.

    Raises:
        DataError: it cannot be decoded, or has no frames.
    """
    kept: list[ndarray] = []
    step, count, last = 1, 0, None
    for frame in record.stream():
        last = frame
        if count % step == 0:
            kept.append(letterboxed(frame, size))
        if len(kept) > MOST:
            kept, step = kept[::2], 2 * step
        count += 1
    if last is None:
        raise DataError(f"{record.id}: holds no frames")
    if (count - 1) % step:
        kept.append(letterboxed(last, size))
    return Thumbnail(np.stack(kept), count, last.shape[1], last.shape[0])


def letterboxed(frame: UInt8[ndarray, "H W C"], size: int) -> UInt8[ndarray, "S S 3"]:
    """A whole frame in a square, with bars of the sheet's grey, which black pixels are not."""
    height, width = frame.shape[:2]
    scale = size / max(height, width)
    wide, tall = max(round(width * scale), 1), max(round(height * scale), 1)
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    inner = cv2.resize(np.ascontiguousarray(frame), (wide, tall), interpolation=mode)
    square = np.empty((size, size, 3), np.uint8)
    square[:] = GREY
    top, left = (size - tall) // 2, (size - wide) // 2
    square[top : top + tall, left : left + wide] = inner.reshape(tall, wide, frame.shape[2])
    return square
