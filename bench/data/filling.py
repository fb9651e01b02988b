"""The account of a filling of the cache: what was there, what was decoded, and what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plugins.errors import DataError

if TYPE_CHECKING:
    from plugins.dataset import Record


@dataclass(frozen=True)
class Filled:
    """What filling the cache did.

    Attributes:
        decoded: records that were decoded.
        reused: records that were there.
        size: bytes of all of them in the cache.
    """

    decoded: int
    reused: int
    size: int


class Filling:
    """Records on their way into the cache; equal ones share a file.

    Args:
        records: all of them.
        report: called with records done and their total after each.

    Attributes:
        waiting: indices of the records of each file that is to be written.
    """

    def __init__(
        self, records: Sequence[Record], report: Callable[[int, int], None] | None
    ) -> None:
        self.records, self._report = records, report
        self.waiting: dict[Path, list[int]] = {}
        self._paths: set[Path] = set()
        self._wrong: dict[int, str] = {}
        self._reused = self._done = 0

    def to_decode(self) -> list[tuple[Path, Record]]:
        """The files that are to be written, and the record that each is made of."""
        return [(path, self.records[indices[0]]) for path, indices in self.waiting.items()]

    def cannot_be_keyed(self, index: int, fault: str) -> None:
        """Note a record whose file cannot even be named."""
        self._wrong[index] = fault
        self._count(1)

    def keyed(self, index: int, path: Path, sound: bool) -> None:
        """Note a record's file, and whether it can be used as it is."""
        self._paths.add(path)
        if not sound:
            self.waiting.setdefault(path, []).append(index)
        self._reused += sound
        self._count(int(sound))

    def written(self, path: Path) -> None:
        """Note that a file was made."""
        self._count(len(self.waiting[path]))

    def cannot_be_read(self, path: Path, fault: str) -> None:
        """Note the fault of the record that a file was to be made of, and of its equals."""
        first, *same = self.waiting[path]
        self._wrong[first] = fault
        for i in same:
            self._wrong[i] = f"{self.records[i].id}: the same bytes as {self.records[first].id}"
        self._count(1 + len(same))

    def result(self) -> Filled:
        """What was done.

        Raises:
            DataError: one line for every record that cannot be read.
        """
        if self._wrong:
            lines = [self._wrong[i] for i in sorted(self._wrong)]
            raise DataError(
                f"{len(lines)} of {len(self.records)} files cannot be read:\n  "
                + "\n  ".join(lines)
            )
        return Filled(
            decoded=len(self.records) - self._reused,
            reused=self._reused,
            size=sum(path.stat().st_size for path in self._paths),
        )

    def _count(self, n: int) -> None:
        self._done += n
        if self._report:
            self._report(self._done, len(self.records))
