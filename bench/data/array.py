"""Videos as plain arrays: ``.npy`` files of uint8 (T, H, W, C), as the cache holds them.

NumPy reads them too, and can map them into memory:
``numpy.load(path, mmap_mode="r", allow_pickle=False)``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from bench.data import cachefile
from bench.data.files import ADVICE, check_file
from bench.data.image import check_pixels
from plugins.errors import DataError

SUFFIXES = frozenset({".npy"})

_MAGIC = b"\x93NUMPY"
_PREFIX = 10
"""Bytes before the header: magic, version, and the header's length in the last two."""
_MOST = 1 << 16
"""Bytes of the longest header that version 1 of the format can have."""
_HEADER = re.compile(
    rb"\{'descr': '[|<>=]?u1', 'fortran_order': False, "
    rb"'shape': \(([0-9]{1,9}), ([0-9]{1,9}), ([0-9]{1,9}), ([13])\), ?\} *\n"
)


class _Layout(NamedTuple):
    shape: tuple[int, int, int, int]
    start: int
    """Of the pixels, in bytes from the file's start."""


def write_array(frames: UInt8[ndarray, "T H W C"], path: Path) -> None:
    """Write a video as the cache does: an array, and its SHA-256 behind the data.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    _, height, width, channels = frames.shape
    cachefile.write(path, frames, (height, width, channels), lambda: None)


def read_array(path: Path) -> Iterator[UInt8[ndarray, "H W C"]]:
    """Read a video frame by frame, after its size and, where it has one, its digest are checked.

    Any ``.npy`` of uint8 (T, H, W, 1 or 3) in C order is a video, with or
    without a digest. The header is matched, never evaluated, so that a
    foreign file can do nothing.

    Raises:
        DataError: not such an array, too large, damaged or cut short.
    """
    check_file(path)
    try:
        layout = _layout(path)
        count, *frame_shape = layout.shape
        _check_whole(path, layout)
        with path.open("rb") as file:
            file.seek(layout.start)
            for _ in range(count):
                pixels = file.read(math.prod(frame_shape))
                yield np.frombuffer(pixels, dtype=np.uint8).reshape(frame_shape)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def frames_hint(path: Path) -> int:
    """How many frames an array has, from its header; 0 where it does not tell."""
    try:
        return _layout(path).shape[0]
    except (DataError, OSError):  # only a hint: `read_array` says what is wrong
        return 0


def _layout(path: Path) -> _Layout:
    with path.open("rb") as file:
        head = file.read(_PREFIX + _MOST)
    length = int.from_bytes(head[8:_PREFIX], "little")
    found = _HEADER.fullmatch(head[_PREFIX : _PREFIX + length])
    if head[:8] != _MAGIC + b"\x01\x00" or found is None:
        raise DataError(
            f"{path}: is not a video; a video as .npy is an array of uint8 "
            "(frames, height, width, 1 or 3 channels) in C order"
        )
    count, height, width, channels = map(int, found.groups())
    if count == 0:
        raise DataError(f"{path}: holds no frames; {ADVICE}")
    check_pixels(path, width, height)
    return _Layout((count, height, width, channels), _PREFIX + length)


def _check_whole(path: Path, layout: _Layout) -> None:
    behind = path.stat().st_size - layout.start - math.prod(layout.shape)
    if behind < 0:
        raise DataError(f"{path}: is cut short; {ADVICE}")
    _, height, width, channels = layout.shape
    if behind and not cachefile.is_sound(path, (height, width, channels)):
        raise DataError(f"{path}: is damaged: its digest is not that of its pixels; {ADVICE}")
