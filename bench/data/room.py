"""Room on the disk: what decoded videos will take, and whether there is as much."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.data.cachefile import Shape
from plugins.errors import DataError

if TYPE_CHECKING:
    from plugins.dataset import Record

UNTOLD = 100
"""Frames that `expected_size` takes a record to have where it cannot tell."""

_BESIDE_FRAMES = 256
"""Bytes of a cached file besides its frames, about: header and digest."""


class Missing(NamedTuple):
    """What is to be decoded.

    Attributes:
        size: about how many bytes it will take in the cache.
        records: how many records; of equal ones, one counts.
    """

    size: int
    records: int


class DiskFullError(DataError):
    """The cache would fill, or cannot write, its disk: no matter of one file."""


def expected_size(record: Record, shape: Shape) -> int:
    """About how many bytes a record takes; with `UNTOLD` frames where it cannot tell."""
    return _size(_hint(record) or UNTOLD, shape)


def least_size(records: Iterable[Record], shape: Shape) -> int:
    """About how many bytes records take at least: who cannot tell counts with no frame."""
    return sum(_size(_hint(record), shape) for record in records)


def check_room(folder: Path, needed: int, reserve: int) -> None:
    """Make a folder and see that its disk has room.

    Args:
        folder: of the cache.
        needed: bytes that are to be written.
        reserve: bytes that stay free.

    Raises:
        DiskFullError: the folder cannot be made, or the room is too small.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise DiskFullError(
            f"{folder}: the cache folder cannot be made: {error.strerror or error}; set another one"
        ) from None
    if needed + reserve > free:
        raise DiskFullError(
            f"{folder}: the cache needs {_gib(needed)} more and leaves {_gib(reserve)} free, but "
            f"the disk has {_gib(free)}; free some space, or set another cache folder"
        )


def unwritable(folder: Path, error: OSError) -> DiskFullError:
    """What to tell the user when a write in the cache's folder failed."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    reason = "the disk is full" if full else error.strerror or str(error)
    return DiskFullError(
        f"{folder}: the cache cannot be written: {reason}; free some space, "
        "or set another cache folder"
    )


def _hint(record: Record) -> int:
    """About how many frames a record has, 0 where it cannot tell."""
    try:
        return max(record.length_hint(), 0)
    except Exception:  # only a hint: decoding says what is wrong
        return 0


def _size(n_frames: int, shape: Shape) -> int:
    return n_frames * int(np.prod(shape)) + _BESIDE_FRAMES


def _gib(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB"
