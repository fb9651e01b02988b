"""Synthesized videos as a clip set, with a class prior, alone or beside real ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from bench.cells.synthesize import read_synthesis
from plugins.clips import ClipSet
from plugins.errors import DataError
from plugins.seeds import derive
from plugins.types import Clip


class SyntheticClips(ClipSet):
    """The clips of a finished synthesis, read from disk one at a time.

    Args:
        folder: the result of a `Synthesize` cell.
        keep: indices of the clips to use, out of N times S; all if None.
    """

    def __init__(self, folder: Path, keep: Sequence[int] | None = None) -> None:
        clips, manifest = read_synthesis(folder)
        n, per_item = clips.shape[:2]
        self._clips = clips.reshape(n * per_item, *clips.shape[2:])
        self._kept = list(range(n * per_item)) if keep is None else list(keep)
        self.classes = tuple(manifest["classes"])
        c, t, h, w = clips.shape[2:]
        self.shape = (c, t, h, w)
        owner = [i // per_item for i in self._kept]
        self.ids = [f"{manifest['ids'][i // per_item]}#{i % per_item}" for i in self._kept]
        self.groups = [manifest["groups"][o] for o in owner]
        self.labels = [self.classes.index(manifest["labels"][o]) for o in owner]
        self.synthesized = [True] * len(owner)

    def __getitem__(self, index: int) -> Clip:
        clip = np.array(self._clips[self._kept[index]])
        return torch.from_numpy(clip).float() / 255


class JoinedClips(ClipSet):
    """Several clip sets, one after the other.

    Args:
        parts: of equal classes and clip shape.
    """

    def __init__(self, *parts: ClipSet) -> None:
        self._parts = parts
        self._index = [(p, i) for p in parts for i in range(len(p))]
        self.classes, self.shape = parts[0].classes, parts[0].shape
        self.ids = [name for p in parts for name in p.ids]
        self.labels = [label for p in parts for label in p.labels]
        self.groups = [group for p in parts for group in p.groups]
        self.draws = any(p.draws for p in parts)
        self.synthesized = [made for p in parts for made in p.synthesized or [False] * len(p)]

    def __getitem__(self, index: int) -> Clip:
        part, i = self._index[index]
        return part[i]

    def draw(self, index: int, seed: int) -> Clip:
        """Drawn by the part that the clip belongs to."""
        part, i = self._index[index]
        return part.draw(i, seed)


def thin_to_prior(labels: Sequence[int], shares: Sequence[float], seed: int) -> list[int]:
    """Choose as many items as possible so that the classes have given shares.

    Classes in excess are thinned at random; nothing is repeated.

    Args:
        labels: class index of each item.
        shares: per class, the wanted share; they sum to 1. A class of
            share 0 is left out.
        seed: of the choice.

    Returns:
        Indices into `labels`, ascending.

    Raises:
        DataError: nothing could be chosen, as a class that is to have a
            share has no item.
    """
    counts = np.bincount(labels, minlength=len(shares))
    if any(share > 0 and not n for share, n in zip(shares, counts, strict=True)):
        raise DataError(f"of {counts.tolist()} items per class none can be chosen for {shares}")
    total = min(counts[k] / share for k, share in enumerate(shares) if share > 0)
    chosen: list[int] = []
    for k, share in enumerate(shares):
        members = np.flatnonzero(np.asarray(labels) == k)
        order = np.random.default_rng(derive(seed, "prior", k)).permutation(members)
        chosen += order[: round(total * share)].tolist()
    return sorted(chosen)
