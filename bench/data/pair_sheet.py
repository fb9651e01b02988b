"""Sheets of pairs: synthesized clips beside the training clips that they are most like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from bench.data.lettering import Colour, board, wrapped
from bench.data.sheet import GAP, GREY, as_frames, captioned, frame_tiles, stack
from plugins.errors import DataError
from plugins.pair import Pair

FRAMES = 6
"""Frames shown of each clip, evenly spaced, the first and the last among them."""

_MARK = 8
"""Pixels of the bars before each clip, which are red where a copy is suspected."""
_RED: Colour = (208, 40, 40)
_DARK: Colour = (28, 28, 28)
_POINTS = 12
_PITCH = 15
_LINES = 6
"""Of the heading at most, on the narrowest sheets."""


class PairRow(NamedTuple):
    """A pair and its clips, in any form that `bench.data.contact_sheet` takes."""

    pair: Pair
    made: Any
    learned: Any


def pair_sheet(rows: Sequence[PairRow], path: Path) -> None:
    """Draw one row per pair: the synthesized clip's frames, then the training clip's.

    The same rows give the same bytes.

    Args:
        rows: worst first.
        path: the PNG file to write.

    Raises:
        DataError: there is no row, a clip has another shape, or the file
            cannot be written.
    """
    if not rows:
        raise DataError(f"{path}: a sheet without pairs")
    drawn = [_drawn(row) for row in rows]
    width = max(picture.width for picture in drawn)
    stack([_heading(rows[0].pair, width), *drawn], path)


def _heading(pair: Pair, width: int) -> Image.Image:
    text = (
        "Left: synthesized clips, whose first frame was given. Right: the training clips that they "
        "are nearest to. r: their distance, relative to that of other training clips. Red: "
        f"suspected copies, r smaller than that of any test video, {_number(pair.unseen)}."
    )
    lines = wrapped(text, _POINTS, width - 2 * GAP, _LINES)
    return board(text, width, _PITCH * len(lines) + 2 * GAP, _POINTS, _DARK)


def _drawn(row: PairRow) -> Image.Image:
    pair = row.pair
    note = f" · r = {_number(pair.ratio)}" + (", suspected copy" if pair.suspected else "")
    left = _clip(f"{pair.id}, sample {pair.sample}", row.made, note)
    start = f", clip {pair.clip}" if pair.clip else ""
    right = _clip(f"training: {pair.training}{start}", row.learned)
    size = (2 * _MARK + left.width + right.width, left.height)
    picture = Image.new("RGB", size, _RED if pair.suspected else GREY)
    picture.paste(left, (_MARK, 0))
    picture.paste(right, (2 * _MARK + left.width, 0))
    picture.paste(GREY, (0, picture.height - GAP, picture.width, picture.height))
    return picture


def _clip(caption: str, clip: Any, note: str = "") -> Image.Image:
    return captioned(caption, frame_tiles(as_frames(caption, clip), FRAMES), note)


def _number(ratio: float) -> str:
    return f"{ratio:.3g}"
