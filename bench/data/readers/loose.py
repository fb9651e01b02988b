"""Images that lie in one folder, without classes."""

from __future__ import annotations

from pathlib import Path

from bench.data import decode
from bench.data.readers.layout import listed, naming_problem
from bench.data.readers.record import FileRecord
from plugins.errors import FaultyDataError


def has_loose_images(root: Path) -> bool:
    """Whether images lie in the folder itself, and no folders beside them."""
    entries = listed(root)
    return any(map(decode.is_image, entries)) and not any(path.is_dir() for path in entries)


def loose_images(root: Path) -> list[FileRecord]:
    """The images of a folder, in natural order; each a group of its own, with the label "".

    Other files are ignored, as the folder reader does beside its classes.

    Raises:
        FaultyDataError: files are videos, or links that lead nowhere.
        DataError: the folder cannot be read.
    """
    records: list[FileRecord] = []
    faults: list[str] = []
    for path in listed(root):
        if decode.is_video(path):
            faults.append(f"{path}: is a video, not an image; move it out")
        elif problem := naming_problem(path):
            faults.append(problem)
        elif decode.is_image(path):
            records.append(FileRecord(path, path.name, path.stem, label=""))
    if faults:
        raise FaultyDataError(f"{root}: holds more than images", faults, records)
    return records
