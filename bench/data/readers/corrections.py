"""Corrections of published data sets: named lists of errors that others found."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bench.data.files import natural
from bench.data.readers.record import FileRecord
from plugins.errors import DataError

PUBLISHED = Path(__file__).parent / "published"


class Correction(BaseModel):
    """One entry of a list.

    Attributes:
        id: the record, by the id that it has as published.
        what: leave it out, give it another class, or put it in one group
            with all others whose entries name the same group.
        label: the right class, of ``relabel``.
        group: what ``group`` is told by; it means nothing outside the list.
        reason: what is wrong.
        source: who says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    what: Literal["drop", "relabel", "group"]
    label: str = ""
    group: str = ""
    reason: str = Field(min_length=1)
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _says_what_it_takes(self) -> Correction:
        for what in ("label", "group"):
            if bool(getattr(self, what)) != (self.what == {"label": "relabel"}.get(what, what)):
                raise ValueError(f"'{what}' does not go with what = '{self.what}'")
        return self


class Corrections(BaseModel):
    """A named list of corrections, never changed once released.

    A cell's key depends on it without more: ids, labels and groups, which
    are all that it changes, are hashed by `bench.cells.part.Part.fingerprint`.

    Attributes:
        name: by which a reader's parameter chooses it.
        entries: in any order.
        digest: SHA-256, in hex, of the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    entries: tuple[Correction, ...] = Field(min_length=1)
    digest: str = ""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Corrections:
        said = Counter((entry.id, entry.what) for entry in self.entries)
        dropped = self.ids("drop")
        for (id, what), n in said.items():
            if n > 1:
                raise ValueError(f"'{id}' has {n} entries '{what}'")
            if id in dropped and what != "drop":
                raise ValueError(f"'{id}' is dropped, so it has no entry '{what}'")
        alone = [g for g, n in Counter(e.group for e in self.entries).items() if g and n < 2]
        if alone:
            raise ValueError(f"group '{alone[0]}' has one entry only")
        return self

    def ids(self, what: str) -> set[str]:
        """The records that entries of one kind speak of."""
        return {entry.id for entry in self.entries if entry.what == what}

    def kept(self, records: Iterable[FileRecord]) -> list[FileRecord]:
        """The records without those to drop."""
        dropped = self.ids("drop")
        return [record for record in records if record.id not in dropped]

    def apply(self, records: Sequence[FileRecord]) -> None:
        """Relabel and group records, in place; ids stay as published.

        Records of one group stay together: whole groups are joined, under
        the first of their names.
        """
        labels = {entry.id: entry.label for entry in self.entries if entry.label}
        for record in records:
            record.label = labels.get(record.id, record.label)
        for group in sorted({entry.group for entry in self.entries} - {""}):
            members = {entry.id for entry in self.entries if entry.group == group}
            joined = {record.group for record in records if record.id in members}
            for record in records:
                if record.group in joined:
                    record.group = min(joined, key=natural)

    def told(self, published: Iterable[str], records: Sequence[FileRecord]) -> str:
        """What was done, in words.

        Args:
            published: the ids of all records of the data set, as published.
            records: those that are read, corrected.
        """
        there, read = set(published), {record.id for record in records}
        dropped = self.ids("drop") & there
        absent = [entry for entry in self.entries if entry.id not in there]
        return (
            f"list '{self.name}' (SHA-256 {self.digest[:12]}) corrects published errors: "
            f"{len(dropped)} dropped, {len(self.ids('relabel') & read)} relabelled, "
            f"{len(self.ids('group') & read)} grouped; {len(absent)} of its "
            f"{len(self.entries)} entries speak of what this copy does not hold"
        )


def load(name: str) -> Corrections:
    """A list that comes with the harness.

    Raises:
        DataError: there is none of the name, or it is damaged.
    """
    return read(PUBLISHED / f"{name}.toml")


def read(path: Path) -> Corrections:
    """A list of corrections from its file.

    Raises:
        DataError: the file cannot be read; names the key.
    """
    try:
        text = path.read_bytes()
        values = tomllib.loads(text.decode())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DataError(f"{path}: cannot be read as TOML: {error}") from None
    try:
        return Corrections(**values | {"digest": hashlib.sha256(text).hexdigest()})
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "entries"
        raise DataError(f"{path}: {key}: {first['msg']}") from None
