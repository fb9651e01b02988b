"""``regions.csv``: the table by which a user says where to look in a record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from bench.data.readers.boxes import union
from bench.data.readers.layout import nfc
from bench.data.readers.table import table
from plugins.dataset import Box
from plugins.errors import DataError

REGIONS = "regions.csv"
COLUMNS = ("left", "top", "width", "height")

_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")


def read_regions(path: Path) -> Mapping[str, Box]:
    """The region of each id that the table names; empty where there is no table.

    Args:
        path: the table, with the columns ``id``, ``left``, ``top``,
            ``width`` and ``height``, in whole pixels. The boxes of several
            rows of one id are joined. A box may reach over the frame's border.

    Raises:
        DataError: the table cannot be read, an id is empty, or a box is
            no box.
    """
    boxes: dict[str, list[Box]] = {}
    for where, cells in table(path, ("id", *COLUMNS)) or ():
        id = nfc(cells["id"])
        if not id:
            raise DataError(f"{where}: the id is empty")
        boxes.setdefault(id, []).append(_box(where, cells))
    return {id: box for id, several in boxes.items() if (box := union(several))}


def _box(where: str, cells: Mapping[str, str]) -> Box:
    for column in COLUMNS:
        if not _WHOLE.fullmatch(cells[column]):
            raise DataError(f"{where}: {column} is '{cells[column]}', not a whole number of pixels")
    left, top, width, height = (int(cells[column]) for column in COLUMNS)
    if width <= 0 or height <= 0:
        raise DataError(f"{where}: a box of {width}x{height} pixels holds nothing")
    if left + width <= 0 or top + height <= 0:
        raise DataError(f"{where}: the box lies outside the frame, which starts at left 0, top 0")
    return Box(left, top, left + width, top + height)
