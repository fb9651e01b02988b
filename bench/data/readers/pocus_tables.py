"""The tables of POCUS: what they tell of a file, and what its name tells where they do not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.data import decode
from bench.data.readers.pocus_names import Item, batch, is_permissive, key, named_label, stem
from bench.data.readers.table import Row, table
from plugins.errors import DataError

_LABELS = {
    "covid-19": "covid",
    "bacterial pneumonia": "pneumonia",
    "viral pneumonia": "viral",
    "regular": "healthy",
    "healthy": "healthy",
}
_NO_PATIENT = frozenset({"", "-", "?", "nd", "na", "n/a", "none", "unknown"})


@dataclass
class Tables:
    """The rows of the tables, by file; None for a table that is not there."""

    clips: dict[str, Row] | None
    images: dict[str, Row] | None
    metadata: dict[tuple[str, str], list[Row]] | None
    clips_path: Path

    def own(self, item: Item) -> Row | None:
        """The item's row of clips.csv or images.csv."""
        rows = self.clips if item.kind == "video" else self.images
        return (rows or {}).get(key(item.id))

    def upstream(self, item: Item) -> list[Row]:
        """The item's rows of dataset_metadata.csv, which knows files by their stem."""
        return (self.metadata or {}).get((item.kind, stem(item.path.name)), [])

    @property
    def groups(self) -> bool:
        """Whether clips.csv has groups."""
        return any("group" in row.cells for row in (self.clips or {}).values())


def read_tables(home: Path) -> Tables:
    """The tables in the folder that holds ``pocus_videos``.

    Raises:
        DataError: one cannot be read, or contradicts itself.
    """
    metadata: dict[tuple[str, str], list[Row]] | None = None
    rows = table(home / "dataset_metadata.csv", ("Filename", "Type"))
    if rows is not None:
        metadata = {}
        for row in rows:
            told = row.cells["Filename"]
            if decode.is_video(Path(told)) or decode.is_image(Path(told)):
                told = stem(told)
            place = row.cells["Type"].casefold(), key(told)
            metadata.setdefault(place, []).append(row)
    clips_path = home / "clips.csv"
    return Tables(_by_path(clips_path), _by_path(home / "images.csv"), metadata, clips_path)


def _by_path(path: Path) -> dict[str, Row] | None:
    rows = table(path, ("path",))
    if rows is None:
        return None
    found: dict[str, Row] = {}
    for row in rows:
        first = found.setdefault(key(row.cells["path"]), row)
        if first.cells != row.cells:
            raise DataError(f"{row.where}: '{row.cells['path']}' has another row; remove one")
    return found


def describe(item: Item, tables: Tables) -> str:
    """Tell an item's class, licence and keys from its name and the tables.

    Returns:
        Why its class cannot be told; empty where it can.
    """
    item.named = named_label(item.path.name)
    own, upstream = tables.own(item), tables.upstream(item)
    told = own.cells.get("label", "") if own else ""
    item.label = _LABELS.get(told.casefold(), "") if told else item.named
    licences = [own.cells.get("license", "")] if own else []
    licences = [name for name in licences if name] or [
        row.cells.get("License", "") for row in upstream
    ]
    # Where rows differ, the strictest counts: at least, it is not CC BY.
    item.licence = min(licences, key=is_permissive, default="")
    patients = {row.cells.get("Patient ID / Name", "").casefold() for row in upstream}
    item.keys = [f"patient {number}" for number in sorted(patients - _NO_PATIENT)]
    told_by_name = batch(item)
    item.keys += [f"batch {told_by_name}"] if told_by_name else []
    if item.label:
        return ""
    if told and own:
        return f"{own.where}: unknown label '{told}'; known are {', '.join(_LABELS)}"
    return f"{item.path}: the name begins with none of Cov, Pneu, Vir, Reg"
