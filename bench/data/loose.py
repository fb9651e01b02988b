"""Images that lie in one folder, without classes."""

from __future__ import annotations

from pathlib import Path

from bench.data import decode
from bench.data.folder import FileRecord
from bench.data.layout import listed
from plugins.errors import DataError


def has_loose_images(root: Path) -> bool:
    """Whether images lie in the folder itself, and no folders beside them."""
    entries = listed(root)
    return any(map(decode.is_image, entries)) and not any(path.is_dir() for path in entries)


def loose_images(root: Path) -> list[FileRecord]:
    """The images of a folder, in natural order; each a group of its own, with the label "".

    Other files are ignored, as the folder reader does beside its classes.

    Raises:
        DataError: a file is a video; or the folder cannot be read.
    """
    entries = listed(root)
    for path in entries:
        if decode.is_video(path):
            raise DataError(f"{path}: is a video, not an image; move it out")
    return [FileRecord(p, p.name, p.stem, label="") for p in entries if decode.is_image(p)]
