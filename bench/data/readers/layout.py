"""Data sets on disk: where one starts, what lies in it, and what is wrong with that."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from inspect import cleandoc
from pathlib import Path

from bench.data.decode import is_ignored
from bench.data.files import ADVICE, natural
from plugins.dataset import Dataset, Record
from plugins.errors import DataError, FaultyDataError


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


def find_home(
    dataset: Dataset, expected: str, is_home: Callable[[Path], bool], below: Iterable[str]
) -> Path:
    """The folder in which a data set's own layout starts: its root, or one below it.

    Args:
        dataset: the reader; its docstring ends every message.
        expected: the layout in words.
        is_home: whether the layout starts in a folder.
        below: patterns, from the root, of folders that may hold the
            layout where the root does not; the first that one fits counts.

    Raises:
        DataError: there is no such folder, or there are several; says what
            was expected, what was found, and how the data are obtained.
    """
    about = f"\n\n{dataset.name}: {cleandoc(type(dataset).__doc__ or '')}"
    if not dataset.root:
        raise DataError(f"the {dataset.name} reader needs a folder: {expected}{about}")
    root = folder_of(dataset.root, f"expected is {expected}{about}")
    if is_home(root):
        return root
    for pattern in below:
        homes = sorted(path for path in root.glob(pattern) if path.is_dir() and is_home(path))
        if len(homes) > 1:
            places = some([id_of(home, root) for home in homes])
            raise DataError(f"{root}: holds {len(homes)} copies of the data: {places}; name one")
        if homes:
            return homes[0]
    found = some([shown(path) for path in listed(root)], 6)
    raise DataError(f"{root}: expected is {expected}; found: {found or 'nothing'}{about}")


def folder_of(root: str, advice: str) -> Path:
    """The folder that a user names.

    Raises:
        DataError: there is none, or nobody may look at it; ends with the advice.
    """
    path = Path(root).expanduser()
    try:
        if path.is_dir():
            return path
        what = "is a file, not a folder" if path.exists() else "does not exist"
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
    raise DataError(f"{path}: {what}; {advice}")


def holding(names: Iterable[str]) -> Callable[[Path], bool]:
    """A test for `find_home`: whether a folder of one of the names lies there, in any case."""
    wanted = {name.casefold() for name in names}
    return lambda home: any(p.name.casefold() in wanted and p.is_dir() for p in listed(home))


def listed(folder: Path) -> list[Path]:
    """What lies in a folder, hidden files aside, in natural order.

    Raises:
        DataError: the folder cannot be read.
    """
    try:
        entries = [path for path in folder.iterdir() if not is_ignored(path.name)]
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}") from None
    # A folder may show its names and yet let nobody ask what they are.
    if not os.access(folder, os.X_OK):
        raise DataError(f"{folder}: cannot be read: permission denied")
    return sorted(entries, key=lambda path: natural(path.name))


def listed_or_fault(folder: Path, faults: list[str]) -> list[Path]:
    """As `listed`; what is wrong with the folder is added to the faults."""
    try:
        return listed(folder)
    except DataError as error:
        faults.append(str(error))
        return []


def naming_problem(path: Path) -> str:
    """Why nothing can be read under a name, whatever its kind; empty where it can."""
    if shown(path) != path.name:
        return f"{path.parent}: '{shown(path)}': the name is not valid UTF-8; rename it"
    if path.is_symlink() and not path.exists():
        return f"{path}: a link to {path.readlink()}, which does not exist; {ADVICE}"
    return ""


@contextmanager
def among(faults: list[str]) -> Iterator[None]:
    """Make an error one more fault where there are others; alone it stays what it is.

    Raises:
        DataError: as it came, where there are no faults.
    """
    try:
        yield
    except DataError as error:
        if not faults:
            raise
        faults.append(str(error))


def refuse(lead: str, faults: Sequence[str], records: Sequence[Record]) -> None:
    """Stop where something is wrong.

    Args:
        lead: what cannot be read.
        faults: one line per file or folder.
        records: those that nothing is wrong with.

    Raises:
        FaultyDataError: there are faults.
    """
    if faults:
        advice = "mend what follows, or leave it out with 'exclude'"
        raise FaultyDataError(f"{lead}; {advice}", faults, records)


def id_of(path: Path, home: Path) -> str:
    """The path from the start of the layout, spelled alike on every file system."""
    return nfc(path.relative_to(home).as_posix())


def nfc(text: str) -> str:
    """Text with one spelling for an accented letter."""
    return unicodedata.normalize("NFC", text)


def shown(path: Path) -> str:
    """A name that can be printed, whatever bytes it is made of."""
    return path.name.encode("utf-8", "backslashreplace").decode()


def some(names: Iterable[str], most: int = 5) -> str:
    """The first few names, and how many there are beside them."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
