"""Published data sets on disk: where one starts, what lies in it, and the tables beside it."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from inspect import cleandoc
from pathlib import Path
from typing import NamedTuple

from bench.data.decode import is_ignored
from bench.data.files import natural
from plugins.dataset import Dataset
from plugins.errors import DataError


class Row(NamedTuple):
    """One row of a table: where it stands, for messages, and its cells, stripped."""

    where: str
    cells: dict[str, str]


class Exclusions:
    """The patterns of ``exclude``, and which of them have matched."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(patterns)
        self._used: set[str] = set()

    def match(self, id: str) -> bool:
        """Whether a pattern matches the id or one of its parts."""
        parts = (id, *id.split("/"))
        hits = {p for p in self._patterns if any(fnmatchcase(part, p) for part in parts)}
        self._used |= hits
        return bool(hits)

    def unused(self, root: Path) -> list[str]:
        """A complaint about each pattern that matched nothing."""
        left = [p for p in self._patterns if p not in self._used]
        return [f"exclude = '{p}' matches nothing in {root}" for p in left]


def find_home(dataset: Dataset, expected: str, folders: Iterable[str], below: str) -> Path:
    """The folder in which a data set's own layout starts: its root, or one below it.

    Args:
        dataset: the reader; its docstring ends every message.
        expected: the layout in words.
        folders: the layout starts where one of these lies, in any case.
        below: a folder that may hold the layout, too.

    Raises:
        DataError: there is no such folder; says what was expected, what
            was found, and how the data are obtained.
    """
    about = f"\n\n{dataset.name}: {cleandoc(type(dataset).__doc__ or '')}"
    if not dataset.root:
        raise DataError(f"the {dataset.name} reader needs a folder: {expected}{about}")
    root = Path(dataset.root).expanduser()
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DataError(f"{root}: {what}; expected is {expected}{about}")
    wanted = {name.casefold() for name in folders}
    for home in (root, root / below):
        if home.is_dir() and any(p.name.casefold() in wanted and p.is_dir() for p in listed(home)):
            return home
    names = [shown(path) for path in listed(root)]
    found = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
    raise DataError(f"{root}: expected is {expected}; found: {found or 'nothing'}{about}")


def listed(folder: Path) -> list[Path]:
    """What lies in a folder, hidden files aside, in natural order.

    Raises:
        DataError: the folder cannot be read.
    """
    try:
        entries = [path for path in folder.iterdir() if not is_ignored(path.name)]
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}") from None
    return sorted(entries, key=lambda path: natural(path.name))


def id_of(path: Path, home: Path) -> str:
    """The path from the start of the layout, spelled alike on every file system."""
    return nfc(path.relative_to(home).as_posix())


def nfc(text: str) -> str:
    """Text with one spelling for an accented letter."""
    return unicodedata.normalize("NFC", text)


def shown(path: Path) -> str:
    """A name that can be printed, whatever bytes it is made of."""
    return path.name.encode("utf-8", "backslashreplace").decode()


def table(path: Path, needed: Iterable[str]) -> list[Row] | None:
    """The rows of a CSV file; None where there is no such file.

    Raises:
        DataError: it cannot be read, or lacks a column.
    """
    if not path.exists():
        return None
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_rows(file, path, needed))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as CSV in UTF-8: {error}") from None


def _rows(file: Iterable[str], path: Path, needed: Iterable[str]) -> Iterator[Row]:
    rows = csv.DictReader(file)
    missing = sorted(set(needed) - set(rows.fieldnames or ()))
    if missing:
        raise DataError(f"{path}: lacks the column {' and '.join(missing)}")
    for row in rows:
        cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
        yield Row(f"{path}, line {rows.line_num}", cells)


def some(names: Iterable[str], most: int = 5) -> str:
    """The first few names, and how many there are beside them."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
