"""What a split looks at of a video."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from plugins.dataset import Record


class Subject(NamedTuple):
    """A video as a split sees it.

    Attributes:
        id: unique within the data set.
        group: what must stay on one side.
        label: the class.
        content: SHA-256, in hex, of what determines its pixels.
    """

    id: str
    group: str
    label: str
    content: str

    @classmethod
    def of(cls, record: Record, group: str = "") -> Subject:
        """Of a record, in its own group or in the one given."""
        return cls(record.id, group or record.group, record.label, record.fingerprint)
