"""Asking the records what truly follows, shared by the two oracles."""

from __future__ import annotations

import torch

from plugins import DataError, Stills
from plugins.types import ClipBatch


def continuations(stills: Stills, n_frames: int, *, blind: bool) -> ClipBatch:
    """What truly follows each still.

    Raises:
        DataError: a still comes without a record that can tell.
    """
    if len(stills.records) != len(stills) or any(r is None for r in stills.records):
        raise DataError(
            "an oracle needs stills with their records; "
            "it applies to simulated data sets only (for example 'phantom')"
        )
    return torch.stack(
        [
            record.continuation(n_frames, seed, blind=blind)
            for record, seed in zip(stills.records, stills.seeds, strict=True)
            if record is not None
        ]
    )
