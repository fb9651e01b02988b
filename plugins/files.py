"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file that is there whole or not at all.

    Written beside under a name of its own (``.NAME.<random>.tmp``), so
    that several processes can write the same file at once; on success
    flushed to the disk and renamed into place, on failure removed.

    Args:
        path: the file; its folder is made where it is missing.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    with moved_into_place(beside, path), beside.open("w+b") as file:
        yield file


@contextmanager
def moved_into_place(beside: Path, path: Path) -> Iterator[None]:
    """Give a file its name once it is written: for writers that want a path, not an open file.

    On success ``beside`` is flushed to the disk and renamed, and the
    folder is flushed too: what is deleted after that is not missed. On
    failure ``beside`` is removed.

    Args:
        beside: what is written in the block, in the folder of ``path``.
        path: the file.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    try:
        yield
        flush(beside)
        beside.replace(path)
        flush_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Wait until a file's bytes are on the disk.

    Raises:
        OSError: the disk is full or failed.
    """
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can do so.

    Raises:
        OSError: the disk is full or failed.
    """
    if os.name != "posix":
        return
    try:
        flush(folder)
    except OSError as error:
        # Some network file systems cannot flush a folder; its files are whole all the same.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
