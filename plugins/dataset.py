"""Datasets: where labelled videos and images come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from plugins.base import Plugin
from plugins.errors import DataError
from plugins.types import Frames

Which = Literal["videos", "images"]
"""The two kinds of records that a data set may hold."""


class Box(NamedTuple):
    """A rectangle of pixels: left and top are inside it, right and bottom just outside."""

    left: int
    top: int
    right: int
    bottom: int


class Record(ABC):
    """One video or one image (a video of one frame) of a data set.

    Cheap to make: pixels are read when `frames` is called.

    Attributes:
        id: unique within its set, stable between runs and machines.
        group: the patient, or whatever must stay on one side of a split.
        label: the class name.
    """

    id: str
    group: str
    label: str

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """SHA-256, in hex, of all that determines the pixels."""

    @abstractmethod
    def frames(self) -> Frames:
        """Decode: uint8 (T, H, W, C), C = 1 (grey) or 3 (RGB).

        Raises:
            DataError: the file cannot be read; names it and says why.
        """

    def stream(self) -> Iterator[Frames]:
        """Decode frame by frame, each (H, W, C); override it, so that long videos fit in memory.

        Raises:
            DataError: as `frames`.
        """
        yield from self.frames()

    def length_hint(self) -> int:
        """About how many frames there are, told without decoding; 0 where it cannot be."""
        return 0

    def region(self) -> Box | None:
        """The region of interest of the whole video, in its own pixels, from a mask or boxes.

        Returns:
            A box that is not empty, though it may reach over the border; None where
            the data set marks none.

        Raises:
            DataError: the mask or the table that tells it cannot be read.
        """
        return None

    def continuation(self, n_frames: int, seed: int, *, blind: bool = False) -> Frames:
        """What truly follows the first frame, where the data set can tell.

        Only a simulator can: it runs on from the first frame. The same
        seed gives the same bytes; frame 0 is the record's first frame.

        Args:
            n_frames: frames to return, frame 0 included.
            seed: of all that is random after frame 0.
            blind: redraw what frame 0 cannot tell (the motion's class)
                from what it does tell.

        Returns:
            uint8 (n_frames, H, W, C).

        Raises:
            DataError: this data set cannot tell.
        """
        raise DataError(f"{self.id}: this data set cannot tell what follows an image")


class Dataset(Plugin):
    """A reader: yields labelled records; nothing else knows a folder layout.

    Its docstring says where the data come from, under which licence.

    Attributes:
        has_continuation: its records implement `Record.continuation`.
        needs_root: it reads a folder, given as ``reader:root``.
    """

    kind: ClassVar[str] = "dataset"
    has_continuation: ClassVar[bool] = False
    needs_root: ClassVar[bool] = True

    root: str = ""
    """The folder to read; empty for a simulator."""

    @abstractmethod
    def videos(self) -> Sequence[Record]:
        """The labelled videos, in a stable order.

        Raises:
            FaultyDataError: some files are wrong; holds the records that are not.
            DataError: the root does not exist or holds none.
        """

    @abstractmethod
    def images(self) -> Sequence[Record]:
        """The labelled still images, in a stable order.

        Raises:
            FaultyDataError: some files are wrong; holds the records that are not.
            DataError: the root does not exist or holds none.
        """

    def holds(self) -> tuple[Which, ...]:
        """What there is to list; both by default.

        A reader of one kind alone says which. Of one that says both, a
        kind that has no record is no error where the other has some.

        Raises:
            DataError: the root cannot be read.
        """
        return ("videos", "images")

    def group_space(self) -> str:
        """Where its group names mean the same: sets of one space share patients by name.

        By default a reader's folder (or simulator) is a space of its own.

        Returns:
            Any text, compared whole; empty where the names mean nothing to
            any other set.
        """
        place = Path(self.root).expanduser().resolve() if self.root else ""
        return f"{type(self).name}:{place}"

    def notes(self) -> list[str]:
        """What a reader of the tables must know: what was left out, what may be shared.

        One sentence each, complete without its surroundings.

        Raises:
            DataError: as `videos` and `images`.
        """
        return []
