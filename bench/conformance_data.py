"""A few simulated clips and stills, for checking a generator against the contract."""

from __future__ import annotations

from pathlib import Path

import torch

from bench.cells.part import Part
from bench.data import ClipSettings
from bench.data.phantom.dataset import Phantom
from plugins.clips import ClipSet
from plugins.dataset import Which
from plugins.generator import StillId, Stills

CLASSES = ("benign", "malignant")


def simulated_clips(cache: Path, size: int, n: int = 6) -> ClipSet:
    """Training clips: (1, 16, size, size)."""
    return _part("videos", size, n).clips(cache)


def simulated_stills(cache: Path, size: int, n: int = 3) -> Stills:
    """Images with labels, records, ids and different seeds."""
    part = _part("images", size, n)
    stills = part.stills(cache)
    return Stills(
        images=torch.stack([still.image for still in stills]),
        seeds=[101 + i for i in range(n)],
        labels=[CLASSES.index(record.label) for record in part.records()],
        classes=CLASSES,
        records=[still.source for still in stills],
        ids=[StillId("images", id, 0) for id in part.ids],
    )


def _part(which: Which, size: int, n: int) -> Part:
    phantom = Phantom(n_videos=n, n_images=n, size=max(size, 32), seed=7)
    return Part.whole(phantom, which, CLASSES, ClipSettings(frames=16, span=16, size=size))
