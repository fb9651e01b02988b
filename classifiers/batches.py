"""Training batches of clips: which, where they start, what is drawn, from (seed, step) alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from plugins.clips import ClipSet
from plugins.order import Order
from plugins.seeds import derive


def frame_indices(n_frames: int, n_wanted: int) -> list[int]:
    """The middle frame of each of ``n_wanted`` equal segments of a clip (TSN's test sampling).

    A clip with fewer frames repeats some.
    """
    return [int((i + 0.5) * n_frames / n_wanted) for i in range(n_wanted)]


def pools(labels: Sequence[int], balanced: bool) -> list[list[int]]:
    """The clips to take from in turn: all in one pool, or a pool for every class."""
    kinds = sorted(set(labels)) if balanced else [None]
    return [[i for i, label in enumerate(labels) if k in (None, label)] for k in kinds]


class Batches:
    """The training batch of a step.

    Args:
        clips: the training clips.
        frames: which frames of each clip.
        order: which clips.
        seed: of the starts and the draws.
    """

    def __init__(self, clips: ClipSet, frames: list[int], order: Order, seed: int) -> None:
        self._clips, self._frames, self._order, self._seed = clips, frames, order, seed

    def __call__(self, step: int) -> dict[str, Tensor]:
        """Read the clips of a step.

        Returns:
            ``clips`` (B, C, T', H, W), ``labels`` (B,), and ``draws`` (5, B)
            for the `Augmentation`.
        """
        indices = self._order(step)
        starts = [derive(self._seed, "start", step, i) for i in range(len(indices))]
        clips = self._clips.batch(indices, starts)[:, :, self._frames]
        generator = torch.Generator().manual_seed(derive(self._seed, "augment", step))
        return {
            "clips": clips,
            "labels": torch.tensor([self._clips.labels[i] for i in indices]),
            "draws": torch.rand(5, len(indices), generator=generator),
        }
