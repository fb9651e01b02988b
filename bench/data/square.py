"""From a frame of any size to a square one, antialiased."""

from __future__ import annotations

from typing import Literal, Protocol

import cv2
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from plugins.errors import DataError


class SquareSettings(Protocol):
    """The settings that shape a frame; `ClipSettings` has them."""

    @property
    def size(self) -> int: ...
    @property
    def fit(self) -> Literal["crop", "pad", "stretch"]: ...
    @property
    def channels(self) -> Literal[1, 3]: ...


def square(frame: UInt8[ndarray, "H W C"], settings: SquareSettings) -> UInt8[ndarray, "S S D"]:
    """Make a frame grey or RGB, and ``settings.size`` pixels square.

    Shrinks by pixel areas, which is free of aliasing, and enlarges by
    cubic interpolation.

    Args:
        frame: any height and width, 1 (grey) or 3 (RGB) channels.
        settings: size, fit and channels.

    Raises:
        DataError: the frame is not uint8 of 1 or 3 channels.
    """
    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] not in (1, 3):
        raise DataError(
            f"a frame must be uint8 (H, W, 1 or 3), it is {frame.dtype} {tuple(frame.shape)}"
        )
    height, width = frame.shape[:2]
    size = settings.size
    if settings.fit == "crop":
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        frame = frame[top : top + side, left : left + side]
    frame = _coloured(frame, settings.channels)
    if settings.fit != "pad":
        return _resized(frame, size, size)
    scale = size / max(height, width)
    inner = _resized(frame, max(round(height * scale), 1), max(round(width * scale), 1))
    padded = np.zeros((size, size, settings.channels), dtype=np.uint8)
    top, left = (size - inner.shape[0]) // 2, (size - inner.shape[1]) // 2
    padded[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return padded


def _coloured(frame: ndarray, channels: int) -> ndarray:
    if frame.shape[2] == channels:
        return np.ascontiguousarray(frame)
    if channels == 3:
        return np.repeat(frame, 3, axis=2)
    return cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)[..., None]


def _resized(frame: ndarray, height: int, width: int) -> ndarray:
    channels = frame.shape[2]
    # Apart, because OpenCV's area mode only antialiases where both sides shrink.
    for tall, wide, mode in (
        (min(height, frame.shape[0]), min(width, frame.shape[1]), cv2.INTER_AREA),
        (height, width, cv2.INTER_CUBIC),
    ):
        if frame.shape[:2] != (tall, wide):
            frame = cv2.resize(frame, (wide, tall), interpolation=mode)
    return frame.reshape(height, width, channels)
