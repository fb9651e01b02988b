"""Training batches of clips: which, where they start, how disturbed, from (seed, step) alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from plugins.clips import ClipSet
from plugins.order import Order
from plugins.seeds import derive
from plugins.types import ClipBatch


def frame_indices(n_frames: int, n_wanted: int) -> list[int]:
    """The middle frame of each of ``n_wanted`` equal segments of a clip (TSN's test sampling).

    A clip with fewer frames repeats some.
    """
    return [int((i + 0.5) * n_frames / n_wanted) for i in range(n_wanted)]


@dataclass(frozen=True)
class Augmentation:
    """Random disturbances, one draw per clip: all its frames change alike.

    Attributes:
        flip: probability of a left-right mirror image.
        shift: largest displacement along each axis, as a fraction of the
            image; the border is repeated.
        brightness: largest change added to the intensities, in [0, 1].
        gamma: largest change of the exponent's logarithm (base e).
    """

    flip: float = 0.0
    shift: float = 0.0
    brightness: float = 0.0
    gamma: float = 0.0

    def __call__(self, clips: ClipBatch, generator: torch.Generator) -> ClipBatch:
        """Disturb clips (B, C, T, H, W) in [0, 1]; they stay there."""
        u = torch.rand(5, len(clips), generator=generator)
        return torch.stack([self._one(clip, *draw) for clip, draw in zip(clips, u.T, strict=True)])

    def _one(self, clip: Tensor, *draw: Tensor) -> Tensor:
        flip, right, down, brightness, gamma = (float(u) for u in draw)
        if flip < self.flip:
            clip = clip.flip(-1)
        if self.shift:
            clip = self._moved(clip, right, down)
        if self.gamma:
            clip = clip ** float(torch.tensor((2 * gamma - 1) * self.gamma).exp())
        if self.brightness:
            clip = (clip + (2 * brightness - 1) * self.brightness).clamp(0, 1)
        return clip

    def _moved(self, clip: Tensor, right: float, down: float) -> Tensor:
        height, width = clip.shape[-2:]
        y, x = int(self.shift * height), int(self.shift * width)
        padded = F.pad(clip, (x, x, y, y), mode="replicate")
        top, left = int(down * (2 * y + 1)), int(right * (2 * x + 1))
        return padded[..., top : top + height, left : left + width]


def pools(labels: Sequence[int], balanced: bool) -> list[list[int]]:
    """The clips to take from in turn: all in one pool, or a pool for every class."""
    kinds = sorted(set(labels)) if balanced else [None]
    return [[i for i, label in enumerate(labels) if k in (None, label)] for k in kinds]


class Batches:
    """The training batch of a step: ``clips`` (B, C, T', H, W) and ``labels`` (B,).

    Args:
        clips: the training clips.
        frames: which frames of each clip.
        order: which clips.
        augment: how they are disturbed.
        seed: of the starts and the disturbances.
    """

    def __init__(
        self, clips: ClipSet, frames: list[int], order: Order, augment: Augmentation, seed: int
    ) -> None:
        self._clips, self._frames, self._order = clips, frames, order
        self._augment, self._seed = augment, seed

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Read and disturb the clips of a step."""
        indices = self._order(step)
        starts = [derive(self._seed, "start", step, i) for i in range(len(indices))]
        clips = self._clips.batch(indices, starts)[:, :, self._frames]
        generator = torch.Generator().manual_seed(derive(self._seed, "augment", step))
        clips = self._augment(clips, generator)
        return {"clips": clips, "labels": torch.tensor([self._clips.labels[i] for i in indices])}
