"""What may be wrong with one record, seen from its signature."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.audit.findings import Finding
from bench.audit.signature import Signature
from bench.audit.text import WORD
from bench.audit.twins import FLAT
from plugins.dataset import Record
from plugins.errors import DataError

STILL = 1.0
"""A video is frozen where no frame differs from the first by more, mean grey levels at 32 px."""
COLOURED = 2.0
"""A record has colour where two channels of a frame differ by more, mean grey levels."""
REPEATED = 0.5
"""Share of the frames that repeat the one before, from which on it is told."""


def look(where: str, which: str, record: Record, signed: Signature, span: int) -> Iterator[Finding]:
    """All findings on one record.

    Args:
        where: its data set.
        which: ``videos`` or ``images``.
        record: for its id and region.
        signed: its signature.
        span: frames that a clip covers.
    """

    def finding(rule: str, message: str) -> Finding:
        return Finding(rule, where, (record.id,), f"{record.id}: {message}")

    if which == "videos":
        n = signed.n_frames
        moved = _movement(signed)
        if n > 1 and moved <= STILL:
            yield finding("frozen", f"{n} frames that differ by {moved:.2f} grey levels at most")
        repeated = _repeated(signed)
        if n > 1 and repeated >= REPEATED:
            yield finding("repeats", f"{repeated:.0%} of {n} frames repeat the one before")
        if n < span:
            yield finding("short", f"{n} frames, a clip covers {span}")
    blank = int((signed.contrast < FLAT).sum())
    if blank:
        yield finding("blank", f"{blank} of {signed.n_frames} frames")
    if signed.letters >= WORD:
        yield finding("text", f"{signed.letters} shapes in rows, as letters are")
    colour = float(signed.colour.max())
    if colour > COLOURED:
        yield finding("colour", f"channels differ by {colour:.1f} grey levels on the average")
    try:
        record.region()
    except DataError as error:
        yield finding("region", str(error))


def _movement(signed: Signature) -> float:
    small = signed.small.astype(np.int16)
    return float(np.abs(small - small[0]).mean(axis=(1, 2)).max())


def _repeated(signed: Signature) -> float:
    if signed.n_frames < 2:
        return 0.0
    return float((signed.digests[1:] == signed.digests[:-1]).all(axis=1).mean())
