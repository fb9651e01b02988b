"""Splits made elsewhere: read from a file, and held against the videos that are there."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from bench.data.ratio import ratio_text
from bench.data.readers.layout import nfc, some
from bench.data.readers.table import table
from bench.data.splits import Side, Split
from bench.data.subject import Subject
from plugins.errors import DataError

COLUMNS = ("id", "side")
MADE_ELSEWHERE = "a table of ids and sides"
"""The rule of a split that says nothing of how it was drawn."""


def read_split(path: Path, videos: Sequence[Subject]) -> Split:
    """`read_sides`, and none that tears a group or lacks a class on a side.

    Raises:
        DataError: as `read_sides`, and `Split.check`.
    """
    made = read_sides(path, videos)
    made.check(str(path))
    return made


def read_sides(path: Path, videos: Sequence[Subject]) -> Split:
    """A split from a manifest, or from a CSV table with the columns ``id`` and ``side``.

    A manifest is the JSON file that `Split.save` writes. In a table, side
    is ``train`` or ``test``. Labels and groups are those of the videos as
    they are now, so that a group that was not known when the file was
    made is not torn.

    Args:
        path: the file; ``.csv`` is a table.
        videos: all that there are.

    Raises:
        DataError: it cannot be read, names other videos than there are,
            or was made of other contents or labels.
    """
    if path.suffix.lower() == ".csv":
        return _of_table(path, videos)
    return _of_manifest(Split.read(path), path, videos)


def _of_manifest(written: Split, path: Path, videos: Sequence[Subject]) -> Split:
    _check_ids(path, {*written.train, *written.test}, videos)
    for video in videos:
        if video.label != written.labels[video.id]:
            raise DataError(
                f"{path}: '{video.id}' is now of class '{video.label}', not "
                f"'{written.labels[video.id]}'; write the split again"
            )
        if video.content != written.contents[video.id]:
            raise DataError(
                f"{path}: the pixels of '{video.id}' are not those that it was made for; restore "
                "the file, or give the split as a table of id and side, which tells no contents"
            )
    groups = {video.id: video.group for video in videos}
    return written.model_copy(update={"groups": groups})


def _of_table(path: Path, videos: Sequence[Subject]) -> Split:
    rows = table(path, COLUMNS)
    if rows is None:
        raise DataError(f"{path}: there is no such file")
    sides: dict[str, str] = {}
    for where, cells in rows:
        id, side = nfc(cells["id"]), cells["side"].lower()
        if not id:
            raise DataError(f"{where}: the id is empty")
        if side not in ("train", "test"):
            raise DataError(f"{where}: side is '{cells['side']}'; write train or test")
        if sides.setdefault(id, side) != side:
            raise DataError(f"{where}: '{id}' is on both sides; leave it on one")
    _check_ids(path, set(sides), videos)
    train, test = (_on(sides, side) for side in ("train", "test"))
    if not train or not test:
        raise DataError(f"{path}: the {'test' if train else 'train'} side is empty")
    return Split(
        train=train,
        test=test,
        labels={video.id: video.label for video in videos},
        groups={video.id: video.group for video in videos},
        contents={video.id: video.content for video in videos},
        ratio=_about(len(train), len(sides)),
        seed=None,
        rule=MADE_ELSEWHERE,
    )


def _about(n_train: int, n: int) -> str:
    """The ratio in whole hundredths, so that the folds of one cross-validation have one name."""
    return ratio_text(Fraction(min(max(round(100 * Fraction(n_train, n)), 1), 99), 100))


def _on(sides: dict[str, str], wanted: Side) -> tuple[str, ...]:
    return tuple(sorted(id for id, side in sides.items() if side == wanted))


def _check_ids(path: Path, ids: set[str], videos: Sequence[Subject]) -> None:
    known = {video.id for video in videos}
    lost, new = sorted(ids - known), sorted(known - ids)
    if lost:
        raise DataError(
            f"{path}: {len(lost)} of {len(ids)} ids are not among the videos: {some(lost)}; "
            "take them out of it (a correction, 'exclude' or a clip that is too short may have "
            "left them out), or add the files"
        )
    if new:
        raise DataError(
            f"{path}: does not say where {len(new)} of {len(known)} videos belong: {some(new)}; "
            "add them, or leave them out with 'exclude'"
        )
