"""Figures for print: clips in rows over a common time axis, as papers show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from bench.data.lettering import Colour, elided, width_of, write
from bench.data.sheet import as_frames, evenly, save_png
from plugins.errors import DataError

COLUMNS = 8
"""Time points shown, evenly spaced, the first and the last frame among them."""
DPI = 300
"""At which the letters have 8.6 points and the figure fits a page."""

_TILE = 192
_LARGEST = 384
_GAP, _APART, _MARGIN = 6, 42, 24
_LETTERS = 36
_LINE = 54
_LABELS = 360
_BLACK: Colour = (0, 0, 0)
_PALE: Colour = (110, 110, 110)
_WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True)
class Panel:
    """Clips that belong together, below each other.

    Attributes:
        title: the class.
        detail: whose clips they are; in grey behind the title.
        rows: labels and clips, as `contact_sheet` takes them.
    """

    title: str
    detail: str
    rows: Sequence[tuple[str, Any]]


def draw_figure(
    panels: Sequence[Panel],
    path: Path,
    columns: int = COLUMNS,
    image_apart: bool = False,
) -> None:
    """Draw panels below each other, with the frame numbers on an axis below.

    The same panels give the same bytes.

    Args:
        panels: of clips of one length and size.
        path: the PNG file to write.
        columns: time points, where the clips have so many frames.
        image_apart: frame 0 is an image that was continued: it stands once
            for each panel, before the time axis.

    Raises:
        DataError: there is no clip, clips differ in length or size, or the
            file cannot be written.
    """
    panels = [_tiled(panel) for panel in panels]
    count = _common_length(panels, path)
    layout = _Layout.of(panels, evenly(count, columns), image_apart)
    picture = Image.new("RGB", (layout.width, layout.height(panels)), _WHITE)
    top = _MARGIN
    for panel in panels:
        top = _draw_panel(picture, panel, top, layout) + _APART
    _draw_axis(picture, top - _APART + _GAP, layout)
    save_png(picture, path, DPI)


@dataclass(frozen=True)
class _Layout:
    """Where things stand.

    Attributes:
        frames: the frame that each column shows.
        lefts: of each column, in pixels.
        side: height and width of a tile.
        image_apart: the first column is the image, shown once for each panel.
    """

    frames: tuple[int, ...]
    lefts: tuple[int, ...]
    side: tuple[int, int]
    image_apart: bool

    @classmethod
    def of(cls, panels: Sequence[Panel], frames: Sequence[int], image_apart: bool) -> _Layout:
        clips = [clip for panel in panels for _, clip in panel.rows]
        tall, wide = clips[0].shape[1:3]
        widest = max(width_of(label, _LETTERS) for panel in panels for label, _ in panel.rows)
        first = _MARGIN + round(widest) + 3 * _GAP
        lefts = [first + i * (wide + _GAP) for i in range(len(frames))]
        if image_apart:
            lefts[1:] = [left + _APART for left in lefts[1:]]
        return cls(tuple(frames), tuple(lefts), (tall, wide), image_apart)

    @property
    def width(self) -> int:
        return self.lefts[-1] + self.side[1] + _MARGIN

    def height(self, panels: Sequence[Panel]) -> int:
        rows = sum(len(panel.rows) for panel in panels)
        panels_height = len(panels) * (_LINE + _APART) + rows * (self.side[0] + _GAP)
        return _MARGIN + panels_height - _APART + 2 * _LINE + _MARGIN


def _tiled(panel: Panel) -> Panel:
    """Its clips in the size of print, and its labels in letters that the font has."""
    rows = [
        (elided(label, _LETTERS, _LABELS), _enlarged(as_frames(label, clip)))
        for label, clip in panel.rows
    ]
    return replace(panel, rows=rows)


def _enlarged(frames: np.ndarray) -> np.ndarray:
    """Small frames enlarged by whole pixels, large ones shrunk: what is shown is what was made."""
    longest = max(frames.shape[1:3])
    times = max(round(_TILE / longest), 1)
    if longest <= _LARGEST:
        return frames.repeat(times, axis=1).repeat(times, axis=2)
    tall, wide = (max(round(n * _LARGEST / longest), 1) for n in frames.shape[1:3])
    return np.stack([cv2.resize(f, (wide, tall), interpolation=cv2.INTER_AREA) for f in frames])


def _common_length(panels: Sequence[Panel], path: Path) -> int:
    shapes = {clip.shape for panel in panels for _, clip in panel.rows}
    if len(shapes) != 1:
        why = "clips of several lengths or sizes" if shapes else "no clips"
        raise DataError(f"{path}: a figure cannot be drawn of {why}")
    return int(shapes.pop()[0])


def _draw_panel(picture: Image.Image, panel: Panel, top: int, layout: _Layout) -> int:
    """Draw a panel; returns where it ends."""
    _draw_title(picture, panel, top, layout)
    top += _LINE
    tall = layout.side[0]
    for row, (label, frames) in enumerate(panel.rows):
        write(
            picture,
            (layout.lefts[0] - 3 * _GAP, top + tall / 2),
            label,
            _LETTERS,
            _BLACK,
            anchor="rm",
        )
        for column, (frame, left) in enumerate(zip(layout.frames, layout.lefts, strict=True)):
            if column or row == 0 or not layout.image_apart:
                picture.paste(Image.fromarray(np.ascontiguousarray(frames[frame])), (left, top))
        top += tall + _GAP
    return top


def _draw_title(picture: Image.Image, panel: Panel, top: int, layout: _Layout) -> None:
    left = layout.lefts[0]
    room = layout.width - _MARGIN - left
    title = elided(panel.title, _LETTERS, room)
    write(picture, (left, top), title, _LETTERS, _BLACK)
    behind = round(width_of(title, _LETTERS)) + (_LETTERS if title else 0)
    if room - behind > 2 * _LETTERS:
        detail = elided(panel.detail, _LETTERS, room - behind)
        write(picture, (left + behind, top), detail, _LETTERS, _PALE)


def _draw_axis(picture: Image.Image, top: int, layout: _Layout) -> None:
    """The time axis: an arrow, a tick and a frame number below each column."""
    line = top + _GAP
    wide = layout.side[1]
    centres = [left + wide // 2 for left in layout.lefts]
    text = line + 4 * _GAP
    if layout.image_apart:
        write(picture, (centres[0], text), "image", _LETTERS, _BLACK, anchor="ma")
    timed = list(zip(layout.frames, centres, strict=True))[layout.image_apart :]
    if not timed:
        return
    pen = ImageDraw.Draw(picture)
    begin = layout.lefts[int(layout.image_apart)]
    end = layout.lefts[-1] + wide
    pen.line([(begin, line), (end - 2 * _GAP, line)], _BLACK, 3)
    pen.polygon([(end, line), (end - 3 * _GAP, line - _GAP), (end - 3 * _GAP, line + _GAP)], _BLACK)
    for frame, centre in timed:
        pen.line([(centre, line), (centre, line + 2 * _GAP)], _BLACK, 3)
        write(picture, (centre, text), str(frame), _LETTERS, _BLACK, anchor="ma")
    if not layout.image_apart:
        write(picture, (begin - 3 * _GAP, text), "frame", _LETTERS, _BLACK, anchor="ra")
    else:
        write(picture, ((begin + end) / 2, text + _LETTERS + _GAP), "frame", _LETTERS, _BLACK, "ma")
