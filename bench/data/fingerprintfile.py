"""Fingerprints as text or JSON, to be kept and compared later.

The text has one line per record, ``sha256  id``, below a line that says
of which set; the JSON holds class, group and content beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from bench.data.fingerprint import Print, set_digest
from plugins.errors import DataError

INCOMPLETE = "incomplete"
"""Stands for the digest of a set of which some records cannot be read."""

_HEAD = re.compile(rf"# (\S+) (videos|images) ([0-9a-f]{{64}}|{INCOMPLETE})( .*)?")
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}
_UNESCAPES = {escaped: plain for plain, escaped in _ESCAPES.items()}


@dataclass(frozen=True)
class Section:
    """The fingerprints of the videos, or of the images, that one reader lists.

    Attributes:
        reader: its name.
        which: ``videos`` or ``images``.
        sha256: of all records; None where some cannot be read.
        prints: of those that can.
        faults: one line per record that cannot.
    """

    reader: str
    which: Literal["videos", "images"]
    sha256: str | None
    prints: tuple[Print, ...]
    faults: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Reader and kind."""
        return f"{self.reader} {self.which}"


def as_text(section: Section) -> str:
    """One line per record, below one of the whole."""
    n = len(section.prints)
    head = f"# {section.title} {section.sha256 or INCOMPLETE} ({n} records)"
    lines = [f"{one.sha256}  {_escaped(one.id)}" for one in section.prints]
    return "\n".join([head, *lines])


def as_json(sections: Sequence[Section]) -> str:
    """All that is known of every record."""
    sets = [
        {
            "reader": one.reader,
            "which": one.which,
            "sha256": one.sha256,
            "records": [asdict(record) for record in one.prints],
            "faults": list(one.faults),
        }
        for one in sections
    ]
    return json.dumps({"sets": sets}, indent=1, ensure_ascii=False)


def read_sections(path: Path) -> list[Section]:
    """Read what `as_text` or `as_json` wrote.

    Raises:
        DataError: the file cannot be read, is neither, or was cut or edited.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 text: {error}") from None
    parse = _from_json if text.lstrip().startswith("{") else _from_text
    sections = parse(text, path)
    for one in sections:
        if one.sha256 and one.sha256 != set_digest(one.prints):
            raise DataError(
                f"{path}: the records of {one.title} do not give the digest above them: the "
                "file was cut or edited; restore it, or write it anew from sound data"
            )
    return sections


class _Set(BaseModel):
    reader: str
    which: Literal["videos", "images"]
    sha256: str | None
    records: list[dict[Literal["id", "label", "group", "content", "sha256"], str]]


class _File(BaseModel):
    sets: list[_Set]


def _from_json(text: str, path: Path) -> list[Section]:
    try:
        sets = _File.model_validate_json(text).sets
        return [
            Section(one.reader, one.which, one.sha256, tuple(_print(r) for r in one.records))
            for one in sets
        ]
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the whole"
        raise DataError(_strange(path, f"{key}: {first['msg']}")) from None
    except TypeError as error:
        raise DataError(_strange(path, f"a record: {error}")) from None


def _print(fields: dict[Any, str]) -> Print:
    return Print(**fields)


def _from_text(text: str, path: Path) -> list[Section]:
    sections: list[tuple[re.Match[str], list[Print]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        head, record = _HEAD.fullmatch(line), _LINE.fullmatch(line)
        if head:
            sections.append((head, []))
        elif record and sections:
            id = re.sub(r"\\[\\nr]", lambda found: _UNESCAPES[found[0]], record[2])
            sections[-1][1].append(Print(id, None, None, None, record[1]))
        elif line:
            raise DataError(_strange(path, f"line {number}: {line[:60]!r}"))
    if not sections:
        raise DataError(_strange(path, "it is empty"))
    return [
        Section(
            reader=head[1],
            which="videos" if head[2] == "videos" else "images",
            sha256=None if head[3] == INCOMPLETE else head[3],
            prints=tuple(prints),
        )
        for head, prints in sections
    ]


def _strange(path: Path, what: str) -> str:
    return f"{path}: was not written by 'bench data fingerprint --records' or '--json': {what}"


def _escaped(id: str) -> str:
    """An id on one line."""
    return re.sub(r"[\\\n\r]", lambda found: _ESCAPES[found[0]], id)
