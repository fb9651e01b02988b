"""Files on disk: what is wrong with one, its digest, their natural order, safe replacement."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from plugins.errors import DataError
from plugins.files import replacing as replacing

ADVICE = "copy it again, or leave it out with 'exclude'"


def check_file(path: Path) -> None:
    """Refuse what cannot be a readable file.

    Raises:
        DataError: a missing file, a broken link, a folder, a device, or an empty file.
    """
    try:
        if path.is_symlink() and not path.exists():
            raise DataError(f"{path}: a link to {path.readlink()}, which does not exist; {ADVICE}")
        if not path.exists():
            raise DataError(f"{path}: does not exist")
        if not path.is_file():
            raise DataError(f"{path}: is not a file; leave it out with 'exclude'")
        if path.stat().st_size == 0:
            raise DataError(f"{path}: is empty (0 bytes); {ADVICE}")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def sha256_of(path: Path) -> bytes:
    """SHA-256 of a file's bytes.

    Raises:
        DataError: the file cannot be read.
    """
    check_file(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def natural(name: str) -> tuple[tuple[tuple[int, int | str], ...], str]:
    """A sorting key by which ``frame2`` stands before ``frame10``."""
    parts = re.split(r"([0-9]+)", name)
    return tuple((0, int(p)) if p.isdecimal() else (1, p.casefold()) for p in parts if p), name
