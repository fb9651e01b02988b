"""``groups.csv``: the table by which a user says which records belong together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.data.readers.layout import nfc, some
from bench.data.readers.record import FileRecord
from bench.data.readers.table import table
from plugins.errors import DataError

GROUPS = "groups.csv"


def read_groups(path: Path, id_column: str, group_column: str) -> dict[str, str] | None:
    """The group of each id that a table names; None where there is no table.

    Raises:
        DataError: the table cannot be read, lacks a cell, or contradicts itself.
    """
    rows = table(path, (id_column, group_column))
    if rows is None:
        return None
    groups: dict[str, str] = {}
    for where, cells in rows:
        id, group = nfc(cells[id_column]), cells[group_column]
        if not id or not group:
            raise DataError(f"{where}: an {id_column} or a {group_column} is empty")
        if groups.setdefault(id, group) != group:
            raise DataError(f"{where}: '{id}' stands in two groups")
    return groups


def regroup(records: Sequence[FileRecord], path: Path) -> None:
    """Give records the groups of the table, where there is one.

    Args:
        records: changed in place.
        path: the table, with the columns ``id`` and ``group``. It may name
            ids that are none of the records'.

    Raises:
        DataError: as `read_groups`, or the table lacks one of the records.
    """
    groups = read_groups(path, "id", "group")
    if groups is None:
        return
    lost = [record.id for record in records if record.id not in groups]
    if lost:
        raise DataError(
            f"{path}: lacks {len(lost)} of {len(records)} ids: {some(lost)}; "
            "an id is the path from the class folders' parent, as in 'benign/a.mp4'"
        )
    for record in records:
        record.group = groups[record.id]
