"""Tables beside a data set: CSV files that users write."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from plugins.errors import DataError


class Row(NamedTuple):
    """One row of a table: where it stands, for messages, and its cells, stripped."""

    where: str
    cells: dict[str, str]


def table(path: Path, needed: Iterable[str]) -> list[Row] | None:
    """The rows of a CSV file; None where there is no such file.

    Raises:
        DataError: it cannot be read, or lacks a column.
    """
    if not os.path.lexists(path):
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


def table_places(home: Path, name: str, root: str) -> list[Path]:
    """Where a data set's tables may lie: beside the layout's start, in it, or in the root.

    Args:
        home: where the layout starts.
        name: that folder's name as published; its parent counts only under it.
        root: as the user gave it.
    """
    absolute = home.absolute()
    beside = [absolute.parent] if absolute.name == name else []
    return list(dict.fromkeys([*beside, absolute, Path(root).expanduser().absolute()]))
