"""Copying a weight file whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from plugins.checksum import CHUNK, digest_of, started
from plugins.errors import DataError
from plugins.files import replacing
from plugins.known_weights import WeightFile


def same(file: WeightFile, path: Path, target: Path) -> bool:
    """Whether what is registered is what is to be registered.

    Raises:
        OSError: one of them cannot be read.
    """
    if path.samefile(target):
        return True
    algorithm = file.checksum.algorithm if file.checksum else "sha256"
    return digest_of(target, algorithm) == digest_of(path, algorithm)


def copy(file: WeightFile, path: Path, target: Path) -> None:
    """Copy, and make sure that what was written is what was identified.

    Raises:
        DataError: the file changed meanwhile.
        OSError: it cannot be read, or the copy not written.
    """
    checksum = file.checksum
    digest = started(checksum.algorithm, path.stat().st_size) if checksum else None
    with path.open("rb") as source, replacing(target) as copied:
        while chunk := source.read(CHUNK):
            copied.write(chunk)
            if digest:
                digest.update(chunk)
        if checksum and digest and not checksum.fits(digest.hexdigest()):
            raise DataError(f"{path}: changed while it was copied; try again")
