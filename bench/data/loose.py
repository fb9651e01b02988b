"""Images that lie in one folder, without classes."""

from __future__ import annotations

from pathlib import Path

from bench.data import decode
from bench.data.files import natural
from bench.data.folder import FileRecord
from plugins.errors import DataError

UNLABELLED = ""
"""The label of an image whose class nobody told."""


def has_loose_images(root: Path) -> bool:
    """Whether images lie in the folder itself, and no folders beside them."""
    entries = [p for p in _listed(root) if not decode.is_ignored(p.name)]
    return any(map(decode.is_image, entries)) and not any(p.is_dir() for p in entries)


def loose_images(root: Path) -> list[FileRecord]:
    """The images of a folder, in natural order; each a group of its own.

    Loose text files are ignored, as the folder reader does.

    Raises:
        DataError: a file is a video; or the folder cannot be read.
    """
    records = []
    for path in sorted(_listed(root), key=lambda p: natural(p.name)):
        if decode.is_ignored(path.name):
            continue
        if decode.is_video(path):
            raise DataError(f"{path}: is a video, not an image; move it out")
        if decode.is_image(path):
            records.append(FileRecord(path, path.name, path.stem, UNLABELLED))
    return records


def _listed(root: Path) -> list[Path]:
    try:
        return list(root.iterdir())
    except OSError as error:
        raise DataError(f"{root}: cannot be read: {error.strerror or error}") from None
