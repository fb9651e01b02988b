"""A folder of videos made elsewhere: its tables, and the file of each still's video."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import get_args

from plugins import DataError, StillId
from plugins.checksum import digest_of
from plugins.dataset import Which

COLUMNS = ("set", "id", "sample", "video")

_SETS = get_args(Which)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\:]")
_SHOWN = 3


@dataclass(frozen=True)
class VideoTable:
    """The videos that a table of stills lists.

    Attributes:
        path: the table; columns `COLUMNS`, and any others.
        root: the folder that nothing may lead out of.
    """

    path: Path
    root: Path

    @cached_property
    def _rows(self) -> dict[StillId, str]:
        found: dict[StillId, str] = {}
        for where, cells in rows_of(self.path, COLUMNS):
            still = _still(where, cells)
            if still in found:
                raise DataError(f"{where}: lists {told(still)} twice; leave one")
            _refuse_unsafe(where, cells["video"])
            found[still] = cells["video"]
        return found

    @cached_property
    def _entries(self) -> dict[Path, Mapping[str, Sequence[Path]]]:
        return {}

    def files(self, asked: Sequence[StillId]) -> dict[StillId, Path]:
        """The file, or folder of frames, of every video that is asked for.

        Raises:
            DataError: some are not listed or not there (how many, and the
                first), two files have one name, or a name leads elsewhere.
        """
        unlisted = [still for still in asked if still not in self._rows]
        if unlisted:
            self._refuse_too_many_samples(asked)
            raise DataError(
                f"{self.path}: lists no video of {len(unlisted)} of {len(asked)} that are asked "
                f"for: {some([told(still) for still in unlisted])}; was it made for these data?"
            )
        found = {still: self._file(self._rows[still]) for still in asked}
        missing = [still for still, path in found.items() if path is None]
        if missing:
            names = [f"{self._rows[still]} ({told(still)})" for still in missing]
            raise DataError(
                f"{self.path.parent}: {len(missing)} of {len(asked)} videos are missing: "
                f"{some(names)}; put them there, with any suffix (.mp4, .mkv, .npy, none for a "
                "folder of frames)"
            )
        return {still: path for still, path in found.items() if path is not None}

    def _refuse_too_many_samples(self, asked: Sequence[StillId]) -> None:
        """Say so where it is only that more samples are asked for than there are."""
        for which in _SETS:
            wanted = max((still.sample for still in asked if still.which == which), default=-1)
            listed = max((still.sample for still in self._rows if still.which == which), default=-1)
            if -1 < listed < wanted:
                key = "per_image" if which == "images" else "per_test_video"
                raise DataError(
                    f"{self.path}: {wanted + 1} videos of each still are asked for, and it lists "
                    f"{listed + 1} for those of the set '{which}': lower synthesis.{key} to "
                    f"{listed + 1}, or make more and list them"
                )

    def _file(self, name: str) -> Path | None:
        path = self.path.parent / name
        there = self._beside(path.parent).get(path.name, ())
        if len(there) > 1:
            raise DataError(f"{path}: is there as {some([p.name for p in there])}; leave one")
        if not there:
            return None
        self._refuse_escape(there[0])
        return there[0]

    def _beside(self, folder: Path) -> Mapping[str, Sequence[Path]]:
        """By name, with its suffix and without, what lies in a folder; listed once."""
        if folder not in self._entries:
            named: dict[str, list[Path]] = {}
            for path in _listed(folder):
                for name in dict.fromkeys((path.name, path.stem)):
                    named.setdefault(name, []).append(path)
            self._entries[folder] = named
        return self._entries[folder]

    def _refuse_escape(self, path: Path) -> None:
        inside = [path, *_listed(path)] if path.is_dir() else [path]
        root = self.root.resolve()
        for one in inside:
            if not one.resolve().is_relative_to(root):
                raise DataError(f"{one}: leads out of {self.root}; put the file itself there")


def rows_of(path: Path, needed: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Where each row of a CSV table stands, and its cells, stripped and in NFC.

    Raises:
        DataError: it cannot be read, or lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            lacking = [name for name in needed if name not in (rows.fieldnames or ())]
            if lacking:
                raise DataError(f"{path}: lacks the column {', '.join(lacking)}")
            for row in rows:
                cells = {name: plain(row[name] or "") for name in needed}
                yield f"{path}, line {rows.line_num}", cells
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as CSV in UTF-8: {error}") from None


def plain(text: str) -> str:
    """Text without blanks around it, in the one spelling that ids have (NFC)."""
    return unicodedata.normalize("NFC", text.strip())


def table_in(folder: Path, name: str, where: str) -> Path:
    """A table that a manifest names.

    Raises:
        DataError: it is not there, or lies outside the folder.
    """
    _refuse_unsafe(where, name)
    path = folder / name
    if not path.is_file():
        raise DataError(f"{where}: there is no file {path}")
    if not path.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{where}: {path} leads out of {folder}; put the file itself there")
    return path


def content_of(path: Path) -> str:
    """SHA-256, in hex, of a file's bytes, or of the names and bytes of a folder's frames.

    Raises:
        DataError: a file cannot be read.
    """
    try:
        if not path.is_dir():
            return digest_of(path, "sha256")
        whole = hashlib.sha256()
        for file in sorted(_listed(path)):
            whole.update(f"{digest_of(file, 'sha256')} ".encode() + os.fsencode(file.name) + b"\0")
        return whole.hexdigest()
    except OSError as error:
        where = error.filename or path
        raise DataError(f"{where}: cannot be read: {error.strerror or error}") from None


def told(still: StillId) -> str:
    """A still's video, in words."""
    return f"'{still.id}' of the {still.which}, sample {still.sample}"


def some(names: Sequence[str]) -> str:
    """The first three, and how many there are beside them."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _still(where: str, cells: Mapping[str, str]) -> StillId:
    if cells["set"] not in _SETS:
        raise DataError(f"{where}: set is '{cells['set']}'; write images or videos")
    if not re.fullmatch(r"[0-9]{1,6}", cells["sample"]):
        raise DataError(f"{where}: sample is '{cells['sample']}'; write a number from 0 on")
    return StillId(cells["set"], cells["id"], int(cells["sample"]))  # type: ignore[arg-type]


def _refuse_unsafe(where: str, name: str) -> None:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or _UNSAFE.search(name):
        raise DataError(
            f"{where}: '{name}' is no name inside the folder: write it without '..', ':', "
            "backslash, control characters and a leading '/'"
        )


def _listed(folder: Path) -> list[Path]:
    """What lies in a folder, hidden files aside; nothing where there is no such folder."""
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}") from None
