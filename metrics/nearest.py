"""How near clips are to training clips, for clips of so many patients."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from plugins import BenchError
from plugins.features import FeatureSet

AT_ONCE = 256
"""Clips whose distances are in memory at a time."""


@dataclass(frozen=True)
class Nearest:
    """Of M clips, the training clip that each is nearest to.

    Attributes:
        ratios: r of each clip, see `nearest`; float64.
        rows: the training clip's row of its set.
    """

    ratios: Float[Tensor, " M"]
    rows: Int[Tensor, " M"]


def nearest(clips: FeatureSet, learned: FeatureSet) -> Nearest:
    """Of all clips of a set, sample by sample of each row.

    r(x) = d(x, nearest training clip) / median d(x, training clips of other
    patients than the nearest's), Euclidean: from 0 to 1.

    Args:
        clips: M / S rows of S samples.
        learned: the training clips.

    Raises:
        BenchError: the training clips are of one patient only.
    """
    groups = sorted(set(learned.groups))
    if len(groups) < 2:
        raise BenchError("copies: the training clips are of one patient; it takes two or more")
    samples = learned.features.shape[1]
    of_clip = torch.tensor([groups.index(g) for g in learned.groups]).repeat_interleave(samples)
    known = learned.features.flatten(0, 1).double()
    ratios, found = [], []
    for part in clips.features.flatten(0, 1).double().split(AT_ONCE):
        apart = torch.cdist(part, known, compute_mode="donot_use_mm_for_euclid_dist")
        least, which = apart.min(dim=1)
        others = apart.masked_fill(of_clip == of_clip[which][:, None], torch.nan)
        ratios.append(least / others.nanmedian(dim=1).values)
        found.append(which // samples)
    relative = torch.cat(ratios).nan_to_num(0.0)  # 0 / 0: all clips are one and the same
    return Nearest(relative, torch.cat(found))
