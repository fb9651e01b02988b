"""Contact sheets: many clips on one picture, to be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.data.files import replacing
from plugins.errors import DataError

FRAMES = 8
"""Frames shown of each clip, evenly spaced, the first and the last among them."""

_TILE = 96
_GAP = 4
_CAPTION = 18
_GREY = 64


def contact_sheet(rows: Iterable[tuple[str, Any]], path: Path) -> None:
    """Draw one row per clip: a caption, eight frames, and two slices through time.

    The slices are the centre row (x across, time down) and the centre
    column (time across, y down): a still clip shows straight bars there.
    The same rows give the same bytes.

    Args:
        rows: captions and clips: float (C, T, H, W) in [0, 1], or uint8
            (C, T, H, W) or (T, H, W, C); tensors or arrays, C = 1 or 3.
        path: the PNG file to write.

    Raises:
        DataError: there is no row, a clip has another shape, or the file
            cannot be written.
    """
    strips = [_strip(caption, _frames(caption, clip)) for caption, clip in rows]
    if not strips:
        raise DataError(f"{path}: a contact sheet without clips")
    width = max(strip.width for strip in strips)
    height = sum(strip.height for strip in strips) + _GAP
    sheet = Image.new("RGB", (width, height), (_GREY,) * 3)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    try:
        with replacing(path) as file:
            sheet.save(file, format="PNG")
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from None


def _frames(caption: str, clip: Any) -> np.ndarray:
    """Any allowed clip as uint8 (T, H, W, 3)."""
    pixels = np.asarray(clip)
    if pixels.ndim != 4 or 0 in pixels.shape:
        raise DataError(f"'{caption}': a clip has four axes, this one is {pixels.shape}")
    if pixels.dtype != np.uint8:
        pixels = np.rint(np.clip(np.nan_to_num(pixels), 0, 1) * 255).astype(np.uint8)
    if pixels.shape[0] in (1, 3) and pixels.shape[3] not in (1, 3):
        pixels = pixels.transpose(1, 2, 3, 0)
    if pixels.shape[3] not in (1, 3):
        raise DataError(f"'{caption}': a clip has 1 or 3 channels, this one is {pixels.shape}")
    return np.broadcast_to(pixels, (*pixels.shape[:3], 3))


def _strip(caption: str, frames: np.ndarray) -> Image.Image:
    count, height, width, _ = frames.shape
    chosen = np.rint(np.linspace(0, count - 1, min(FRAMES, count))).astype(int)
    tiles = [_tile(frames[i]) for i in chosen]
    tall, wide = tiles[0].shape[:2]
    across = _stretched(frames[:, height // 2], tall, wide)
    down = _stretched(frames[:, :, width // 2].transpose(1, 0, 2), tall, wide)
    tiles += [across, down]
    strip = Image.new(
        "RGB", (len(tiles) * (wide + _GAP) + _GAP, tall + _CAPTION + _GAP), (_GREY,) * 3
    )
    ImageDraw.Draw(strip).text(
        (_GAP, 2), " ".join(caption.split()), fill=(255,) * 3, font=ImageFont.load_default(12)
    )
    for i, tile in enumerate(tiles):
        strip.paste(Image.fromarray(tile), (_GAP + i * (wide + _GAP), _CAPTION))
    return strip


def _tile(frame: np.ndarray) -> np.ndarray:
    """Small frames enlarged by whole pixels, large ones as they are."""
    times = max(round(_TILE / max(frame.shape[:2])), 1)
    return np.ascontiguousarray(frame.repeat(times, axis=0).repeat(times, axis=1))


def _stretched(plane: np.ndarray, height: int, width: int) -> np.ndarray:
    return cv2.resize(np.ascontiguousarray(plane), (width, height), interpolation=cv2.INTER_NEAREST)
