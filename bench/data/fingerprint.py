"""The fingerprint of a data set: one digest of what it holds, wherever it lies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.canonical import digest
from bench.data.each import each
from plugins.dataset import Record
from plugins.errors import DataError


@dataclass(frozen=True)
class Print:
    """The fingerprint of one record.

    Attributes:
        id: of the record.
        label: its class; None where only the digest is known.
        group: its patient; None where only the digest is known.
        content: SHA-256, in hex, of what determines its pixels; None
            where only the digest is known.
        sha256: of the four above, in hex.
    """

    id: str
    label: str | None
    group: str | None
    content: str | None
    sha256: str

    @classmethod
    def of(cls, record: Record) -> Print:
        """Read all that determines the record's pixels.

        Raises:
            DataError: a file cannot be read.
        """
        parts = (record.id, record.label, record.group, record.fingerprint)
        return cls(*parts, digest(parts))


@dataclass(frozen=True)
class Prints:
    """The fingerprints of the videos, or of the images, of a data set.

    Attributes:
        prints: of the records that can be read, sorted by id.
        faults: one line per record that cannot.
    """

    prints: tuple[Print, ...]
    faults: tuple[str, ...]

    @property
    def sha256(self) -> str | None:
        """Of all records, in hex; None where some cannot be read.

        It depends on ids, classes, groups and contents, and neither on
        the order of files nor on where they lie.
        """
        return None if self.faults else set_digest(self.prints)


def take_fingerprints(
    records: Sequence[Record], report: Callable[[int, int], None] | None = None
) -> Prints:
    """Fingerprint every record.

    Args:
        records: videos or images, with an id each.
        report: called with records done and their total.
    """
    found = each(records, Print.of, report)
    prints = sorted((one for one in found if isinstance(one, Print)), key=lambda one: one.id)
    return Prints(tuple(prints), tuple(str(one) for one in found if isinstance(one, DataError)))


def set_digest(prints: Iterable[Print]) -> str:
    """SHA-256, in hex, of the records' digests, sorted by id."""
    ordered = sorted(prints, key=lambda one: one.id)
    return hashlib.sha256("".join(f"{one.sha256}\n" for one in ordered).encode()).hexdigest()


def differences(before: Iterable[Print], now: Iterable[Print]) -> list[str]:
    """What changed, was added or is missing, one line per record, sorted by id."""
    old, new = ({one.id: one for one in prints} for prints in (before, now))
    lines = []
    for id in sorted(old.keys() | new.keys()):
        if id not in new:
            lines.append(f"missing: {id}")
        elif id not in old:
            lines.append(f"added: {id}")
        elif old[id].sha256 != new[id].sha256:
            lines.append(f"changed: {id}{_what(old[id], new[id])}")
    return lines


def _what(old: Print, new: Print) -> str:
    """What of a record changed, where both are known in full."""
    if None in (old.label, old.group, old.content):
        return ""
    told = [
        f"{name} {was!r} is now {is_now!r}"
        for name, was, is_now in (
            ("class", old.label, new.label),
            ("group", old.group, new.group),
        )
        if was != is_now
    ]
    if old.content != new.content:
        told.append("content")
    return f" ({', '.join(told)})"
