"""Compare records with one another; what was found is kept beside the signatures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.audit.signature import Signature
from bench.audit.signatures import Signatures, not_kept
from bench.audit.twins import Twins, find_twins
from bench.data.files import replacing
from bench.provenance import source_digest
from plugins.dataset import Record


def compare(
    records: Sequence[Record],
    signatures: Sequence[Signature],
    folder: Path,
    report: Callable[[int, int], None] | None = None,
) -> list[Twins]:
    """`find_twins`, or what it found before for the same records.

    Args:
        records: videos and images.
        signatures: theirs.
        folder: where signatures and what was found are kept.
        report: called with pairs looked at and their total.

    Raises:
        BenchError: the folder cannot be written.
    """
    names = [Signatures(folder).path(record).name for record in records]
    told = json.dumps([source_digest("bench.audit.twins"), names])
    path = folder / f"{hashlib.sha256(told.encode()).hexdigest()}.twins.json"
    try:
        return [Twins(**fields) for fields in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        pass
    found = find_twins(signatures, report)
    try:
        with replacing(path) as file:
            file.write(json.dumps([asdict(twins) for twins in found]).encode())
    except OSError as error:
        raise not_kept(folder, error) from None
    return found
