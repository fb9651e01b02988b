"""Files that stand in several folders, and once on the disk where it can be."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def linked(source: Path, target: Path) -> None:
    """Put a file, or a folder with all in it, under a second name.

    Hard links, or copies on a disk that has none.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_link)
    else:
        _link(source, target)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
