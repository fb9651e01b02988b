"""``labels.csv``: the table by which a user says what VTUS does not."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.data.readers.layout import nfc, some
from bench.data.readers.table import table
from plugins.errors import DataError

LABELS = "labels.csv"
UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class Labels:
    """The table.

    Attributes:
        path: its file.
        rows: by the name that a row gives to a case: group (empty where
            there is no such column) and label.
    """

    path: Path
    rows: dict[str, tuple[str, str]]

    def of(self, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """The group and the label of each case.

        Args:
            ids: of all cases, ``<split>/<case>``.

        Raises:
            DataError: a case has no row or two that differ, or a row means
                several cases.
        """
        named = {name: [id for id in ids if name in (id, _case(id))] for name in self.rows}
        for name, meant in named.items():
            if len(meant) > 1:
                raise DataError(
                    f"{self.path}: '{name}' may be {' or '.join(meant)}; name the split, too"
                )
        lost = [id for id in ids if not {id, _case(id)} & self.rows.keys()]
        if lost:
            unknown = self.lost(ids)
            names = f" (it names {some(unknown)}, which are not there)" if unknown else ""
            raise DataError(
                f"{self.path}: tells no label of {len(lost)} of {len(ids)} cases: "
                f"{some(lost)}{names}; add them, or leave them out with 'exclude'"
            )
        return {id: self._row(id) for id in ids}

    def lost(self, ids: Iterable[str]) -> list[str]:
        """The names in the table that mean no case."""
        known = {name for id in ids for name in (id, _case(id))}
        return [name for name in self.rows if name not in known]

    def _row(self, id: str) -> tuple[str, str]:
        found = {self.rows[name] for name in (id, _case(id)) if name in self.rows}
        if len(found) > 1:
            raise DataError(f"{self.path}: the rows '{id}' and '{_case(id)}' differ; remove one")
        group, label = found.pop()
        return group or id, label


def read_labels(places: Iterable[Path]) -> Labels | None:
    """The first table in the places; None where there is none.

    Raises:
        DataError: it cannot be read, lacks a cell, or contradicts itself.
    """
    path = next(filter(os.path.lexists, (place / LABELS for place in places)), None)
    if path is None:
        return None
    rows: dict[str, tuple[str, str]] = {}
    for where, cells in table(path, ("case", "label")) or ():
        name, label, group = nfc(cells["case"]), nfc(cells["label"]), cells.get("group", "")
        if not name or not label or ("group" in cells and not group):
            raise DataError(f"{where}: a cell of case, label or group is empty")
        if rows.setdefault(name, (group, label)) != (group, label):
            raise DataError(f"{where}: '{name}' has another row; remove one")
    return Labels(path, rows)


def _case(id: str) -> str:
    return id.rpartition("/")[2]
