"""Names of files that any file system takes, and that lead nowhere else."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from plugins.dataset import Record
from plugins.errors import BenchError

UNLABELLED = "unlabelled"
"""The folder of videos whose image has no class."""

_MOST = 150
"""Bytes of a name, which leaves room for a number, a suffix and a temporary name."""


def safe(text: str) -> str:
    """A part of a path: what some file system refuses becomes ``_``; long ones are shortened.

    Empty where nothing is left.
    """
    text = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]', "_", unicodedata.normalize("NFC", text))
    text = text.strip(" .")
    if len(text.encode()) <= _MOST:
        return text
    return text.encode()[: _MOST - 9].decode(errors="ignore") + "~" + _digest(text)


def class_folder(label: str) -> str:
    """The folder of a class."""
    return safe(label) or UNLABELLED


def file_names(records: Sequence[Record]) -> list[str]:
    """A file name for each image, without a suffix; within a class no two are the same.

    The image's stem; its whole id where stems repeat in a class, whatever
    their case; and a digest of the id where that is not enough.

    Raises:
        BenchError: two images have one id, or two classes one folder.
    """
    _refuse_same(records)
    folders = [class_folder(record.label) for record in records]
    stems = [safe(PurePosixPath(record.id).stem) for record in records]
    wholes = [safe(record.id) for record in records]
    marked = [f"{name}~{_digest(r.id)}" for name, r in zip(wholes, records, strict=True)]
    names = stems
    for other in (wholes, marked):
        places = [(folder, name.casefold()) for folder, name in zip(folders, names, strict=True)]
        often = Counter(places)
        names = [
            name if name and often[place] == 1 else instead
            for name, place, instead in zip(names, places, other, strict=True)
        ]
    return names


def _refuse_same(records: Sequence[Record]) -> None:
    twice = [id for id, n in Counter(record.id for record in records).items() if n > 1]
    if twice:
        raise BenchError(f"two images have the id '{twice[0]}'; rename one")
    owner: dict[str, str] = {}
    for record in records:
        first = owner.setdefault(class_folder(record.label), record.label)
        if first != record.label:
            raise BenchError(
                f"the classes '{first}' and '{record.label}' would share the folder "
                f"'{class_folder(first)}'; rename one"
            )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
