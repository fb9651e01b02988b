"""Contact sheets: many clips on one picture, to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image

from bench.data.files import replacing
from bench.data.lettering import elided, width_of, write
from plugins.errors import DataError

FRAMES = 8
"""Frames shown of each clip, evenly spaced, the first and the last among them."""

GAP = 4
"""Pixels between tiles."""
GREY = (64, 64, 64)
"""What lies behind them."""

_TILE = 96
_CAPTION = 18
_POINTS = 12


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
    stack([strip(caption, as_frames(caption, clip)) for caption, clip in rows], path)


def stack(strips: Sequence[Image.Image], path: Path) -> None:
    """Write strips below each other as one PNG file.

    Raises:
        DataError: there is no strip, or the file cannot be written.
    """
    if not strips:
        raise DataError(f"{path}: a contact sheet without clips")
    width = max(strip.width for strip in strips)
    height = sum(strip.height for strip in strips) + GAP
    sheet = Image.new("RGB", (width, height), GREY)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    save_png(sheet, path)


def save_png(picture: Image.Image, path: Path, dpi: int | None = None) -> None:
    """Write a picture; the same one gives the same bytes.

    Args:
        dpi: pixels per inch in print, where that matters.

    Raises:
        DataError: the file cannot be written.
    """
    try:
        with replacing(path) as file:
            picture.save(file, format="PNG", **({"dpi": (dpi, dpi)} if dpi else {}))
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from None


def strip(
    caption: str,
    frames: UInt8[np.ndarray, "T H W 3"],
    shown: int = FRAMES,
    note: str = "",
    labels: Sequence[str] = (),
    enlarge: bool = True,
) -> Image.Image:
    """One clip: a caption, some frames, and two slices through time.

    Args:
        caption: as in `captioned`.
        frames: of the clip; RGB.
        shown: how many frames, evenly spaced, the first and the last among them.
        note: as in `captioned`.
        labels: as in `captioned`.
        enlarge: enlarge small frames by whole pixels.
    """
    _, height, width, _ = frames.shape
    tiles = frame_tiles(frames, shown, enlarge)
    tall, wide = tiles[0].shape[:2]
    across = _stretched(frames[:, height // 2], tall, wide)
    down = _stretched(frames[:, :, width // 2].transpose(1, 0, 2), tall, wide)
    return captioned(caption, [*tiles, across, down], note, labels)


def captioned(
    caption: str, tiles: Sequence[np.ndarray], note: str = "", labels: Sequence[str] = ()
) -> Image.Image:
    """Tiles side by side below a caption.

    Args:
        caption: its middle is left out where it is too long.
        tiles: uint8 (H, W, 3), all of one height.
        note: stands behind the caption, and is shortened last.
        labels: over the last tiles.
    """
    tall, widths = tiles[0].shape[0], [tile.shape[1] for tile in tiles]
    picture = Image.new("RGB", (sum(widths) + GAP * (len(tiles) + 1), tall + _CAPTION + GAP), GREY)
    lefts = [GAP + sum(widths[:i]) + i * GAP for i in range(len(tiles))]
    end = lefts[-len(labels)] if labels else picture.width
    room = end - 2 * GAP
    line = elided(caption, _POINTS, max(room - width_of(note, _POINTS), 0)) + note
    write(picture, (GAP, 2), elided(line, _POINTS, room), _POINTS)
    for i, tile in enumerate(tiles):
        picture.paste(Image.fromarray(tile), (lefts[i], _CAPTION))
    for label, left in zip(labels, lefts[len(tiles) - len(labels) :], strict=True):
        write(picture, (left, 2), label, _POINTS)
    return picture


def frame_tiles(
    frames: UInt8[np.ndarray, "T H W 3"], shown: int = FRAMES, enlarge: bool = True
) -> list[np.ndarray]:
    """Some of a clip's frames, evenly spaced, each uint8 (H, W, 3).

    Args:
        frames: of the clip; RGB.
        shown: how many, the first and the last among them.
        enlarge: enlarge small frames by whole pixels.
    """
    return [_tile(frames[i], enlarge) for i in evenly(len(frames), shown)]


def evenly(count: int, shown: int) -> list[int]:
    """At most so many of a clip's frames, evenly spaced, the first and the last among them."""
    return [int(i) for i in np.rint(np.linspace(0, count - 1, min(shown, count)))]


def as_frames(caption: str, clip: Any) -> UInt8[np.ndarray, "T H W 3"]:
    """A clip in any form that `contact_sheet` takes.

    Raises:
        DataError: it is none; the caption names it.
    """
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


def _tile(frame: np.ndarray, enlarge: bool) -> np.ndarray:
    """Small frames enlarged by whole pixels, large ones as they are."""
    times = max(round(_TILE / max(frame.shape[:2])), 1) if enlarge else 1
    return np.ascontiguousarray(frame.repeat(times, axis=0).repeat(times, axis=1))


def _stretched(plane: np.ndarray, height: int, width: int) -> np.ndarray:
    return cv2.resize(np.ascontiguousarray(plane), (width, height), interpolation=cv2.INTER_NEAREST)
