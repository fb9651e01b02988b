"""Simulated videos as files, for this program and for MMAction2."""

from __future__ import annotations

import argparse
from pathlib import Path

from data import write_phantom
from mmaction_training import Loading
from pydantic import ValidationError

from bench.cells.part import Part
from bench.data import ClipSettings, Folder
from bench.data.phantom.labels import CLASSES
from bench.data.readers.record import FileRecord
from plugins.errors import DataError


def written(given: argparse.Namespace, folder: Path) -> tuple[Part, Loading]:
    """Write the videos that a command line asks for.

    Returns:
        How this program reads them, and how MMAction2 does.

    Raises:
        DataError: there are no such clips.
    """
    root, annotations = folder / "videos", folder / "annotations.txt"
    clip = _clip(given)
    write_phantom(root, given.videos, given.span)
    videos = Part.whole(Folder(root=str(root)), "videos", CLASSES, clip)
    lines = [
        f"{record.path.relative_to(root)}\t{CLASSES.index(record.label)}\n"
        for record in videos.records()
        if isinstance(record, FileRecord)
    ]
    annotations.write_text("".join(lines), encoding="utf-8")
    return videos, Loading(root, annotations, clip, given.decoder, given.workers)


def _clip(given: argparse.Namespace) -> ClipSettings:
    try:
        return ClipSettings(frames=given.frames, span=given.span, size=given.size)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "frames, --span"
        reason = first["msg"].removeprefix("Value error, ")
        raise DataError(f"--{key}: {reason}") from None
