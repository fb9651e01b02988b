"""Where an exported folder may stand: somewhere new, and not among the data."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from plugins.dataset import Dataset
from plugins.errors import BenchError


def refuse_taken(folder: Path) -> None:
    """Refuse a folder that holds something, or that somebody stands in.

    Raises:
        BenchError: says which.
    """
    try:
        taken = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
        if not taken and folder.exists() and folder.samefile(Path.cwd()):
            raise BenchError(f"{folder}: is the working directory; choose a new folder")
    except OSError as error:
        raise BenchError(f"{folder}: cannot be read: {error.strerror or error}") from None
    if taken:
        raise BenchError(f"{folder}: is there and not empty; choose a new folder")


def refuse_among(folder: Path, datasets: Sequence[Dataset]) -> None:
    """Refuse a folder that the next run would take for data.

    Raises:
        BenchError: names the data set's folder.
    """
    place = real(folder)
    for dataset in datasets:
        root = real(Path(dataset.root).expanduser())
        if dataset.root and place.is_relative_to(root):
            raise BenchError(f"{folder}: lies among the data, in {root}; choose a folder elsewhere")


def real(path: Path) -> Path:
    """A path without links; `Path.resolve` raises RuntimeError on a link to itself."""
    return Path(os.path.realpath(path))
