"""Clips as plugins see them: a lazy set, never the whole data in memory."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from plugins.types import Clip, ClipBatch


class ClipSet(ABC):
    """Clips with labels, by index; a clip is read when it is asked for.

    Plugins train on ``clips.batch(indices, seeds)``, with seeds derived
    from their own and the step, so that a video is not learned from one
    start alone; ``clips[i]``, with which they are tested, is always the
    same clip.

    Attributes:
        classes: the class names; a label is an index into them.
        ids: per clip, the id of the video it comes from. Several clips
            may share one.
        labels: per clip, its class index.
        groups: per clip, the patient (or whatever must stay together).
        shape: (C, T, H, W) of every clip.
        draws: whether `draw` can give other clips than ``self[index]``.
        synthesized: per clip, whether a generator made it; empty where none
            of them is.
    """

    classes: tuple[str, ...]
    ids: Sequence[str]
    labels: Sequence[int]
    groups: Sequence[str]
    shape: tuple[int, int, int, int]
    draws: bool = False
    synthesized: Sequence[bool] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @abstractmethod
    def __getitem__(self, index: int) -> Clip:
        """The clip at an index, float32 in [0, 1]."""

    def draw(self, index: int, seed: int) -> Clip:
        """For training: the clip at an index, started elsewhere in its video.

        Where the start is drawn, it is drawn from the seed alone; a set
        whose clips have one start each returns ``self[index]``.
        """
        return self[index]

    def batch(self, indices: Sequence[int], seeds: Sequence[int] | None = None) -> ClipBatch:
        """The clips at several indices, stacked; for training drawn, each by its seed."""
        if seeds is None:
            return torch.stack([self[i] for i in indices])
        return torch.stack([self.draw(i, s) for i, s in zip(indices, seeds, strict=True)])


@dataclass
class MemoryClips(ClipSet):
    """A clip set held in memory, for tests and small data.

    Attributes:
        videos: uint8 (N, C, T, H, W).
    """

    videos: torch.Tensor
    labels: Sequence[int]
    classes: tuple[str, ...]
    ids: Sequence[str] = ()
    groups: Sequence[str] = ()

    def __post_init__(self) -> None:
        c, t, h, w = self.videos.shape[1:]
        self.shape = (c, t, h, w)
        names = [f"clip{i}" for i in range(len(self.labels))]
        self.ids = self.ids or names
        self.groups = self.groups or names

    def __getitem__(self, index: int) -> Clip:
        return self.videos[index].float() / 255


class ClipSubset(ClipSet):
    """Some clips of a set.

    Args:
        clips: the set.
        indices: which, in order.
    """

    def __init__(self, clips: ClipSet, indices: Sequence[int]) -> None:
        self._clips, self._indices = clips, list(indices)
        self.classes, self.shape, self.draws = clips.classes, clips.shape, clips.draws
        self.ids = [clips.ids[i] for i in self._indices]
        self.labels = [clips.labels[i] for i in self._indices]
        self.groups = [clips.groups[i] for i in self._indices]
        self.synthesized = [clips.synthesized[i] for i in self._indices if clips.synthesized]

    def __getitem__(self, index: int) -> Clip:
        return self._clips[self._indices[index]]

    def draw(self, index: int, seed: int) -> Clip:
        """Drawn by the whole set."""
        return self._clips.draw(self._indices[index], seed)
