"""A record's frames at their final size, and who looks at them on their way into the cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import numpy as np

from bench.data.region import FrameSettings, framing
from plugins.errors import DataError

if TYPE_CHECKING:
    from plugins.dataset import Record


class Watcher(Protocol):
    """Looks at the frames of one record while they are decoded for the cache."""

    def see(self, frame: np.ndarray) -> None:
        """Take in the next frame, uint8 (H, W, C) as the record has it."""

    def done(self) -> None:
        """All frames were seen, and the record is in the cache."""


def squares(
    record: Record, settings: FrameSettings, watcher: Watcher | None = None
) -> Iterator[np.ndarray]:
    """Decode a record frame by frame, each cut and squared.

    Returns:
        uint8 (size, size, channels), one per frame; at least one.

    Raises:
        DataError: whatever the record or the watcher raises, with the record's id.
    """
    count = 0
    with named(record):
        framed = framing(record, settings)
        for frame in record.stream():
            made = framed(frame)
            if watcher:
                watcher.see(frame)
            yield made
            count += 1
    if count == 0:
        raise DataError(f"{record.id}: holds no frames")


@contextmanager
def named(record: Record) -> Iterator[None]:
    """Give what is raised inside the record's name: a reader's mistake costs its file, not the run.

    Raises:
        DataError: in place of any exception.
    """
    try:
        yield
    except DataError as error:
        raise DataError(with_id(record, str(error))) from None
    except Exception as error:
        raise DataError(with_id(record, f"{type(error).__name__}: {error}")) from error


def with_id(record: Record, message: str) -> str:
    """The message, with the record's id where it does not say it already."""
    return message if record.id in message else f"{record.id}: {message}"
