"""A data set at a glance: some videos and stills of every class on one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from PIL import Image

from bench.data.each import each
from bench.data.lettering import Colour, board, elided, write
from bench.data.sheet import GAP, GREY, captioned, stack, strip
from bench.data.thumbnail import Thumbnail, thumbnail
from plugins.dataset import Record, Which
from plugins.errors import DataError
from plugins.seeds import derive

_BLUE: Colour = (24, 56, 92)
_DARK: Colour = (28, 28, 28)
_RED: Colour = (112, 24, 24)
_SMALL = 10
_PITCH = 13
_NAMES = 2 * _PITCH + 2

Pair = tuple[Record, Thumbnail | DataError]


class Shown(NamedTuple):
    """The videos, or the images, of one data set."""

    name: str
    which: Which
    records: Sequence[Record]
    n_faults: int = 0
    """Files that could not even be listed."""


@dataclass(frozen=True)
class Manner:
    """How a preview is drawn.

    Attributes:
        per_class: videos, or rows of stills, of each class.
        frames: of each video.
        size: pixels of a tile's side.
        seed: which records are drawn.
    """

    per_class: int = 3
    frames: int = 8
    size: int = 96
    seed: int = 0

    @property
    def columns(self) -> int:
        """Tiles in a row: frames, and two slices through time."""
        return self.frames + 2

    @property
    def width(self) -> int:
        """Of a row, in pixels."""
        return self.columns * (self.size + GAP) + GAP


def draw_preview(
    sets: Sequence[Shown],
    manner: Manner,
    path: Path,
    report: Callable[[int, int], None] | None = None,
) -> list[str]:
    """Draw records of every class, spread over its whole list, as a PNG file.

    A video is a row: a caption, frames, the centre row over time (x
    across, time down) and the centre column over time (time across, y
    down). Stills are a grid, each with its name and size. Nothing is cut.
    What cannot be decoded is told in its place.

    Args:
        sets: what to draw.
        manner: how.
        path: the file to write.
        report: called with records done and their total.

    Returns:
        One line per record that cannot be decoded.

    Raises:
        DataError: the file cannot be written.
    """
    drawn = [(shown, label, _drawn(shown, label, manner)) for shown, label in _parts(sets)]
    records = [record for _, _, chosen in drawn for record in chosen]
    looks = iter(each(records, lambda record: thumbnail(record, manner.size), report))
    strips: list[Image.Image] = []
    faults: list[str] = []
    for i, (shown, label, chosen) in enumerate(drawn):
        if i == 0 or drawn[i - 1][0] is not shown:
            strips.append(_title(shown, manner))
        pairs = [(record, next(looks)) for record in chosen]
        strips.append(_heading(shown, label, len(chosen), manner))
        strips += _videos(pairs, manner) if shown.which == "videos" else _stills(pairs, manner)
        faults += [str(look) for _, look in pairs if isinstance(look, DataError)]
    stack(strips, path)
    return faults


def evenly(n: int, wanted: int, seed: int) -> list[int]:
    """Numbers below n, increasing: one drawn from each of so many equal parts."""
    wanted = min(n, wanted)
    edges = [i * n // wanted for i in range(wanted + 1)]
    rng = np.random.default_rng(seed)
    return [int(rng.integers(a, b)) for a, b in pairwise(edges)]


def _parts(sets: Sequence[Shown]) -> Iterator[tuple[Shown, str]]:
    """Each set with each of its classes."""
    for shown in sets:
        yield from ((shown, label) for label in sorted({record.label for record in shown.records}))


def _drawn(shown: Shown, label: str, manner: Manner) -> list[Record]:
    own = [record for record in shown.records if record.label == label]
    wanted = manner.per_class * (1 if shown.which == "videos" else manner.columns)
    seed = derive(manner.seed, shown.which, label)
    return [own[i] for i in evenly(len(own), wanted, seed)]


def _title(shown: Shown, manner: Manner) -> Image.Image:
    text = f"{shown.name}: {len(shown.records)} {shown.which}"
    if shown.n_faults:
        text += f", {shown.n_faults} more cannot be listed"
    return _band(text, manner, 14, _BLUE)


def _heading(shown: Shown, label: str, n: int, manner: Manner) -> Image.Image:
    total = sum(record.label == label for record in shown.records)
    return _band(f"{label or 'no class'}: {n} of {total}", manner, 12, _DARK)


def _band(text: str, manner: Manner, points: int, colour: Colour) -> Image.Image:
    """A line of text across the sheet."""
    room = manner.width - 2 * GAP - 8
    inner = board(elided(text, points, room), manner.width - 2 * GAP, points + 10, points, colour)
    picture = Image.new("RGB", (manner.width, inner.height + 2 * GAP), GREY)
    picture.paste(inner, (GAP, GAP))
    return picture


def _videos(pairs: Sequence[Pair], manner: Manner) -> list[Image.Image]:
    """A row for each."""
    rows = []
    for record, look in pairs:
        told = not record.label or record.id.startswith(f"{record.label}/")
        caption = record.id if told else f"{record.label}: {record.id}"
        if isinstance(look, DataError):
            rows.append(
                captioned(caption, [_reason(look, manner.width - 2 * GAP, manner.size, 12)])
            )
        else:
            note = f" · {look.count} frames · {look.width}x{look.height}"
            rows.append(_video(caption, look, note, manner))
    return rows


def _video(caption: str, look: Thumbnail, note: str, manner: Manner) -> Image.Image:
    shown = min(manner.frames, len(look.frames))
    return strip(caption, look.frames, shown, note, ("x-t", "y-t"), enlarge=False)


def _stills(pairs: Sequence[Pair], manner: Manner) -> list[Image.Image]:
    """Rows of tiles, below each its name and its size."""
    rows = []
    for first in range(0, len(pairs), manner.columns):
        row = Image.new("RGB", (manner.width, manner.size + _NAMES + GAP), GREY)
        for i, (record, look) in enumerate(pairs[first : first + manner.columns]):
            row.paste(_still(record, look, manner.size), (GAP + i * (manner.size + GAP), 0))
        rows.append(row)
    return rows


def _still(record: Record, look: Thumbnail | DataError, size: int) -> Image.Image:
    tile = Image.new("RGB", (size, size + _NAMES), GREY)
    name = PurePosixPath(record.id).name
    write(tile, (0, size + 1), elided(name, _SMALL, size), _SMALL)
    if isinstance(look, DataError):
        tile.paste(Image.fromarray(_reason(look, size, size, _SMALL)))
    else:
        tile.paste(Image.fromarray(look.frames[0]))
        native = f"{look.width}x{look.height}"
        write(tile, (0, size + 1 + _PITCH), elided(native, _SMALL, size), _SMALL)
    return tile


def _reason(fault: DataError, width: int, height: int, points: int) -> np.ndarray:
    """Why a record cannot be shown, without the path: its name stands beside it."""
    reason = str(fault).partition(": ")[2] or str(fault)
    return np.asarray(board(f"cannot be read: {reason}", width, height, points, _RED))
