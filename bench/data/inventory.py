"""What a data set holds: classes, patients, lengths, sizes and colours, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, NamedTuple

import numpy as np

from bench.data.each import each
from plugins.dataset import Record
from plugins.errors import DataError

Colour = Literal["grey", "grey stored as RGB", "colour"]


class Spread(NamedTuple):
    """The smallest, the median and the largest of some numbers."""

    least: float
    median: float
    most: float

    @classmethod
    def of(cls, numbers: Sequence[int]) -> Spread | None:
        """None where there are no numbers."""
        return cls(min(numbers), median(numbers), max(numbers)) if numbers else None


class Members(NamedTuple):
    """How many records and groups a class has."""

    records: int
    groups: int


@dataclass(frozen=True)
class Inventory:
    """Counts of the videos, or of the images, of a data set.

    Attributes:
        n: records.
        classes: by name, in alphabetical order.
        groups: patients, or whatever must stay on one side of a split.
        shared_groups: groups with more than one record.
        frames: frames per record; None where no record can be decoded.
        counted: all of ``frames`` was counted by decoding; otherwise some is what headers say.
        sizes: how many different sizes there are.
        widths: in pixels, of the first frames.
        heights: in pixels, of the first frames.
        colours: how many records are grey, grey stored as RGB, or coloured,
            by their first frames.
        faults: one line per record that cannot be decoded.
    """

    n: int
    classes: dict[str, Members]
    groups: int
    shared_groups: int
    frames: Spread | None
    counted: bool
    sizes: int
    widths: Spread | None
    heights: Spread | None
    colours: dict[Colour, int]
    faults: tuple[str, ...]


class _Look(NamedTuple):
    frames: int
    counted: bool
    width: int
    height: int
    colour: Colour


def take_inventory(
    records: Sequence[Record],
    decode: bool = False,
    report: Callable[[int, int], None] | None = None,
) -> Inventory:
    """Count what records hold; of each, the first frame is decoded.

    Args:
        records: videos or images.
        decode: decode all frames, and so count them; otherwise only of
            records that tell no length.
        report: called with records done and their total.
    """
    looks = each(records, lambda record: _look(record, decode), report)
    seen = [look for look in looks if isinstance(look, _Look)]
    groups = Counter(record.group for record in records)
    colours = Counter(look.colour for look in seen)
    return Inventory(
        n=len(records),
        classes=_classes(records),
        groups=len(groups),
        shared_groups=sum(n > 1 for n in groups.values()),
        frames=Spread.of([look.frames for look in seen]),
        counted=all(look.counted for look in seen),
        sizes=len({(look.width, look.height) for look in seen}),
        widths=Spread.of([look.width for look in seen]),
        heights=Spread.of([look.height for look in seen]),
        colours=dict(colours.most_common()),
        faults=tuple(str(look) for look in looks if isinstance(look, DataError)),
    )


def _classes(records: Sequence[Record]) -> dict[str, Members]:
    names = sorted({record.label for record in records})
    own = {name: [record.group for record in records if record.label == name] for name in names}
    return {name: Members(len(groups), len(set(groups))) for name, groups in own.items()}


def _look(record: Record, decode: bool) -> _Look:
    stream = iter(record.stream())
    first = next(stream, None)
    if first is None:
        raise DataError(f"{record.id}: holds no frames")
    hint = 0 if decode else record.length_hint()
    frames = hint if hint > 0 else 1 + sum(1 for _ in stream)
    return _Look(frames, hint <= 0, first.shape[1], first.shape[0], _colour(first))


def _colour(frame: np.ndarray) -> Colour:
    if frame.shape[2] == 1:
        return "grey"
    return "grey stored as RGB" if (frame == frame[..., :1]).all() else "colour"
