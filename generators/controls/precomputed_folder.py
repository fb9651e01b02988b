"""Videos made elsewhere: which file is which still's video, and what it holds."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args

from generators.controls.precomputed_tables import (
    plain,
    refuse_outside,
    refuse_unsafe,
    rows_of,
    some,
)
from plugins import DataError, StillId
from plugins.checksum import digest_of
from plugins.dataset import Which

COLUMNS = ("set", "id", "sample", "video")

_SETS = get_args(Which)


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
            refuse_unsafe(where, cells["video"])
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
        unlisted = [still for still in asked if _spelled(still) not in self._rows]
        if unlisted:
            self._refuse_too_many_samples(asked)
            raise DataError(
                f"{self.path}: lists no video of {len(unlisted)} of {len(asked)} that are asked "
                f"for: {some([told(still) for still in unlisted])}; was it made for these data?"
            )
        named = {still: self._rows[_spelled(still)] for still in asked}
        found = {still: self._file(name) for still, name in named.items()}
        missing = [still for still, path in found.items() if path is None]
        if missing:
            names = [f"{named[still]} ({told(still)})" for still in missing]
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
        for one in inside:
            refuse_outside(one, self.root, f"{one}")


def content_of(path: Path) -> str:
    """SHA-256, in hex, of a file's bytes, or of the names and bytes of a folder's frames.

    Raises:
        DataError: a file cannot be read.
    """
    try:
        if not path.is_dir():
            return _digest(path)
        whole = hashlib.sha256()
        for file in sorted(_listed(path)):
            whole.update(f"{_digest(file)} ".encode() + os.fsencode(file.name) + b"\0")
        return whole.hexdigest()
    except OSError as error:
        where = error.filename or path
        raise DataError(f"{where}: cannot be read: {error.strerror or error}") from None


def _digest(path: Path) -> str:
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise DataError(f"{path}: is no file; put the video itself there")
    return digest_of(path, "sha256")


def told(still: StillId) -> str:
    """A still's video, in words."""
    return f"'{still.id}' of the {still.which}, sample {still.sample}"


def _still(where: str, cells: Mapping[str, str]) -> StillId:
    if cells["set"] not in _SETS:
        raise DataError(f"{where}: set is '{cells['set']}'; write images or videos")
    if not re.fullmatch(r"[0-9]{1,6}", cells["sample"]):
        raise DataError(f"{where}: sample is '{cells['sample']}'; write a number from 0 on")
    return StillId(cells["set"], cells["id"], int(cells["sample"]))  # type: ignore[arg-type]


def _spelled(still: StillId) -> StillId:
    return still._replace(id=plain(still.id))


def _listed(folder: Path) -> list[Path]:
    """What lies in a folder, hidden files aside; nothing where there is no such folder."""
    try:
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}") from None
