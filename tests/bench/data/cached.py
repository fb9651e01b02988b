"""How the tests of the cache decode, and what."""

from __future__ import annotations

from pathlib import Path

from bench.data.readers.folder import Folder
from bench.data.settings import ClipSettings
from plugins.dataset import Record

SETTINGS = ClipSettings(size=16)


def videos(root: Path) -> list[Record]:
    """The videos of a folder, listed anew."""
    return list(Folder(root=str(root)).videos())
