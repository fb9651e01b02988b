"""Signatures on disk: every record is signed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from bench.audit.signature import Signature, Signing, sign
from bench.data.each import each
from bench.data.files import replacing
from bench.provenance import source_digest
from plugins.dataset import Record
from plugins.errors import BenchError, DataError


class Signatures:
    """A folder of signatures, one file each, safe for several processes at once.

    Args:
        folder: made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, record: Record) -> Path:
        """The file of a record, there or not: named after its bytes and the code that reads them.

        Raises:
            DataError: the source cannot be read.
        """
        told = [
            record.fingerprint,
            source_digest("bench.audit.signature"),
            source_digest(type(record).__module__),
        ]
        name = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        return self.folder / f"{name}.signature"

    def find(self, record: Record) -> Signature | None:
        """The signature of a record, if it is there and whole."""
        try:
            kept = load_file(self.path(record))
            letters, height, width = kept["facts"].tolist()
            arrays = (kept["small"], kept["large"], kept["digests"], kept["traits"])
            return Signature(*arrays, letters, (height, width))
        except (OSError, SafetensorError, KeyError, ValueError):
            return None

    def keep(self, record: Record, signature: Signature) -> None:
        """Write a signature, whole or not at all.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
        """
        arrays = {
            "small": signature.small,
            "large": signature.large,
            "digests": signature.digests,
            "traits": signature.traits,
            "facts": np.array([signature.letters, *signature.size]),
        }
        with replacing(self.path(record)) as file:
            file.write(save(arrays))

    def watch(self, record: Record) -> Signer:
        """A watcher for `bench.data.Cache.fill`: it signs the record that is decoded there."""
        return Signer(self, record)

    def of(
        self, records: Sequence[Record], report: Callable[[int, int], None] | None = None
    ) -> list[Signature | DataError]:
        """The signature of each record, or why it has none; decodes those that were never signed.

        Args:
            records: videos or images.
            report: called with records done and their total.

        Raises:
            BenchError: the folder cannot be written.
        """
        trouble: list[OSError] = []

        def told(done: int, total: int) -> None:
            if trouble:  # the folder's, not the record's: nothing more can be kept
                raise not_kept(self.folder, trouble[0])
            if report:
                report(done, total)

        return each(records, lambda record: self._found_or_made(record, trouble), told)

    def _found_or_made(self, record: Record, trouble: list[OSError]) -> Signature:
        signature = self.find(record)
        if signature is None:
            signature = sign(record)
            try:
                self.keep(record, signature)
            except OSError as error:
                trouble.append(error)
        return signature


def not_kept(folder: Path, error: OSError) -> BenchError:
    """What to tell a user whose store is full or cannot be written."""
    return BenchError(
        f"{folder}: what was found cannot be kept: {error.strerror or error}; "
        "make room there, or choose another place with --store"
    )


class Signer(Signing):
    """Signs one record and keeps its signature."""

    def __init__(self, signatures: Signatures, record: Record) -> None:
        super().__init__()
        self._signatures, self._record = signatures, record

    def done(self) -> None:
        """Keep the signature of the frames that went by."""
        self._signatures.keep(self._record, self.signature())
