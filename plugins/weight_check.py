"""Whether the weight files that are here are what they should be, each read whole."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from plugins.checksum import CHUNK, started
from plugins.errors import DataError
from plugins.known_weights import WeightFile
from plugins.tensorfile import read_checkpoint
from plugins.weight_identity import differing_tensor, unlike
from plugins.weights import Registry, get_again, how_to_get

Report = Callable[[int, int], None]
"""Is told the bytes read and their total."""


@dataclass(frozen=True)
class Check:
    """What was found of one known file.

    Attributes:
        path: where it lies; None where it is missing.
        state: ``unreadable`` where the machine refuses to read it.
        told_by: what was compared: the checksum, or the tensors' names and
            shapes where none is published.
        advice: what is wrong and what to do; empty where nothing is.
    """

    file: WeightFile
    path: Path | None
    state: Literal["ok", "damaged", "unreadable", "missing"]
    told_by: str
    advice: str = ""


def check(registry: Registry, name: str, report: Report | None = None) -> Check:
    """Read a file whole and compare its checksum, or where none is published its tensors.

    It is read again each time, whatever was compared before.

    Args:
        registry: where it is looked up.
        name: the file's.
        report: told how far the reading has come.

    Raises:
        DataError: no such file is known, or a folder must not be read.
    """
    file, path = registry.known(name), registry.find(name)
    told_by = str(file.checksum) if file.checksum else "names and shapes of its tensors"
    if path is None:
        return Check(file, path, "missing", told_by, how_to_get(file))
    try:
        fault = _fault(file, path, report)
    except OSError as error:
        reason = f"{path}: cannot be read ({error.strerror or error}). Mend that, or register it"
        return Check(file, path, "unreadable", told_by, f"{reason} anew. {how_to_get(file)}")
    if fault:
        return Check(file, path, "damaged", told_by, f"{fault}. {get_again(file, path)}")
    return Check(file, path, "ok", told_by)


def _fault(file: WeightFile, path: Path, report: Report | None) -> str:
    """What is wrong with a file; empty: nothing.

    Raises:
        OSError: it cannot be read.
    """
    digest = _read_whole(file, path, report)
    if file.checksum:
        return "" if file.checksum.fits(digest) else unlike(file, path, digest)
    try:
        difference = differing_tensor(file, read_checkpoint(path))
    except DataError as error:
        return str(error)
    return f"{path}: not '{file.name}': {difference}" if difference else _torn(path)


def _read_whole(file: WeightFile, path: Path, report: Report | None) -> str:
    """The digest by the file's algorithm, or SHA-256."""
    total, done = path.stat().st_size, 0
    digest = started(file.checksum.algorithm if file.checksum else "sha256", total)
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            if report:
                report(done, total)
    return str(digest.hexdigest())


def _torn(path: Path) -> str:
    """Which part of a ZIP archive, torch's newer format, fails the archive's own checksum.

    torch does not compare it.
    """
    if not zipfile.is_zipfile(path):
        return ""
    with zipfile.ZipFile(path) as archive:
        part = archive.testzip()
    return f"{path}: damaged: its part {part} fails its own checksum" if part else ""
