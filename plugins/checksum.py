"""Checksums of files: by which a file is known, whatever its name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Algorithm = Literal["sha256", "git-blob"]

CHUNK = 1 << 20
"""Bytes that are read at a time."""


@dataclass(frozen=True)
class Checksum:
    """What a file's bytes must give.

    Attributes:
        algorithm: ``sha256``, or ``git-blob``: what ``git hash-object FILE`` prints.
        digest: its hexadecimal digits; the first 8 or more, where no more are published.
    """

    algorithm: Algorithm
    digest: str

    @property
    def whole(self) -> bool:
        """Whether all digits are known."""
        return len(self.digest) == {"sha256": 64, "git-blob": 40}[self.algorithm]

    def fits(self, digest: str) -> bool:
        """Whether a digest by this algorithm is the one meant."""
        return digest.startswith(self.digest)

    def __str__(self) -> str:
        name = {"sha256": "SHA-256", "git-blob": "git blob"}[self.algorithm]
        return f"{name} {self.digest}"


def started(algorithm: Algorithm, size: int) -> Any:
    """A hash object of `hashlib`, ready for the bytes of a file of a known size."""
    if algorithm == "sha256":
        return hashlib.sha256()
    return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)


def digest_of(path: Path, algorithm: Algorithm) -> str:
    """A file's digest, hexadecimal.

    Raises:
        OSError: the file cannot be read.
    """
    digest = started(algorithm, path.stat().st_size)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return str(digest.hexdigest())
