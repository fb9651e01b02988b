"""A record that is a file, or a folder of frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.data import decode
from plugins.dataset import Box, Record
from plugins.types import Frames


class FileRecord(Record):
    """One video or image on disk.

    Attributes:
        path: a video file, a folder of frames, or an image file.
        box: its region of interest, where a table tells one.
    """

    def __init__(self, path: Path, id: str, group: str, label: str, box: Box | None = None) -> None:
        self.path = path
        self.id = id
        self.group = group
        self.label = label
        self.box = box
        self._fingerprint = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r}, group={self.group!r}, label={self.label!r})"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the bytes; read once."""
        if not self._fingerprint:
            self._fingerprint = decode.fingerprint(self.path)
        return self._fingerprint

    def frames(self) -> Frames:
        """Decode all frames."""
        return decode.frames(self.path)

    def stream(self) -> Iterator[Frames]:
        """Decode frame by frame, each (H, W, C), so that a long video fits in memory."""
        return decode.stream(self.path)

    def length_hint(self) -> int:
        """About how many frames there are; 0 where that takes decoding."""
        return decode.length_hint(self.path)

    def region(self) -> Box | None:
        """The box that a table tells; None without."""
        return self.box
