"""What a folder from elsewhere may name: CSV tables, ids in one spelling, files that lie in it."""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from plugins import DataError

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\:]")
_SHOWN = 3


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
                there = ", ".join(rows.fieldnames or ()) or "nothing"
                raise DataError(
                    f"{path}: lacks the column {', '.join(lacking)}; its first line has {there}"
                )
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


def table_in(folder: Path, name: str, where: str, advice: str = "put it there") -> Path:
    """A table that a manifest names.

    Args:
        folder: with the manifest; the name is relative to it.
        name: as the manifest has it.
        where: names the entry, for messages.
        advice: what to do where there is no such file.

    Raises:
        DataError: it is not there, or lies outside the folder.
    """
    refuse_unsafe(where, name)
    path = folder / name
    if not path.is_file():
        raise DataError(f"{where}: there is no file {path}; {advice}")
    refuse_outside(path, folder, f"{where}: {path}")
    return path


def refuse_unsafe(where: str, name: str) -> None:
    """Refuse what could lead out of a folder, or is no name on every system.

    Raises:
        DataError: names where.
    """
    path = PurePosixPath(name)
    if not path.name or path.is_absolute() or ".." in path.parts or _UNSAFE.search(name):
        raise DataError(
            f"{where}: '{name}' is no name inside the folder: write it without '..', ':', "
            "backslash, control characters and a leading '/'"
        )


def refuse_outside(path: Path, folder: Path, where: str) -> None:
    """Refuse what lies outside a folder once links are followed.

    Raises:
        DataError: begins with where.
    """
    # Not Path.resolve: before Python 3.13 it raises RuntimeError on a link to itself.
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise DataError(f"{where} leads out of {folder}; put the file itself there")


def some(names: Sequence[str]) -> str:
    """The first three, and how many there are beside them."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
