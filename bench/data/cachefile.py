"""One file of the cache: an ordinary .npy with a SHA-256 behind the data."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from bench.data.files import replacing

_MAGIC = b"usbench1"
_SEAL = len(_MAGIC) + 32
_CHECK_EVERY = 64 << 20

Shape = tuple[int, int, int]
"""(H, W, C) of every frame."""


def write(
    path: Path, frames: Iterable[np.ndarray], shape: Shape, check_room: Callable[[], None]
) -> None:
    """Write frames as they come, whole or not at all.

    Args:
        path: the file.
        frames: uint8, each of the shape; at least one.
        shape: (H, W, C).
        check_room: called now and then; what it raises ends the writing.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    digest, count, unchecked = hashlib.sha256(), 0, 0
    with replacing(path) as out:
        out.write(_header(0, shape))
        for frame in frames:
            pixels = frame.tobytes()
            digest.update(pixels)
            out.write(pixels)
            count += 1
            unchecked += len(pixels)
            if unchecked > _CHECK_EVERY:
                check_room()
                unchecked = 0
        out.write(_seal(digest, count, shape))
        out.seek(0)
        out.write(_header(count, shape))


def length(path: Path, shape: Shape) -> int | None:
    """The frames of a file; None where it is missing, cut, or not one of ours."""
    try:
        with path.open("rb") as file:
            return _read_length(file, path.stat().st_size, shape)
    except OSError:
        return None


def mapped(path: Path, shape: Shape) -> np.memmap | None:
    """The frames, uint8 (T, H, W, C) and read-only; None where `length` is."""
    count = length(path, shape)
    if count is None:
        return None
    offset = len(_header(count, shape))
    return np.memmap(path, dtype=np.uint8, mode="r", offset=offset, shape=(count, *shape))


def is_sound(path: Path, shape: Shape) -> bool:
    """Whether a file is whole and its digest right."""
    try:
        with path.open("rb") as file:
            count = _read_length(file, path.stat().st_size, shape)
            if count is None:
                return False
            digest = hashlib.sha256()
            for _ in range(count):
                digest.update(file.read(int(np.prod(shape))))
            return file.read() == _seal(digest, count, shape)
    except OSError:
        return False


def _seal(digest: hashlib._Hash, count: int, shape: Shape) -> bytes:
    digest.update(repr((count, *shape)).encode())
    return _MAGIC + digest.digest()


def _header(count: int, shape: Shape) -> bytes:
    # NumPy pads headers so that the first axis can grow: the length stays the same.
    out = BytesIO()
    npy.write_array_header_1_0(
        out, {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}
    )
    return out.getvalue()


def _read_length(file: BinaryIO, size: int, shape: Shape) -> int | None:
    # The header is compared, not parsed: it can say one thing only, and NumPy's
    # parser is not safe in threads on CPython 3.11.7 (python/cpython#106905).
    bare = len(_header(1, shape)) + _SEAL
    count, rest = divmod(size - bare, int(np.prod(shape)))
    if rest or count < 1:
        return None
    header = _header(count, shape)
    return count if file.read(len(header)) == header else None
