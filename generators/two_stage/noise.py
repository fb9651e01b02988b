"""Noise that belongs to a sample: drawn from its own seed, on the CPU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Draw = Float[Tensor, "B *shape"]


class SeededNoise:
    """Standard normal noise for a batch, each sample's from its own stream.

    What a sample gets depends on its seed and on how often was drawn
    before, never on the batch it is in or on the device.

    Args:
        seeds: one per sample.
        shape: of one sample's noise.
        device: where it is sent.
    """

    def __init__(
        self, seeds: Sequence[int], shape: tuple[int, ...], device: torch.device | str = "cpu"
    ) -> None:
        self._streams = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._shape, self._device = shape, device

    def __call__(self) -> Draw:
        """The next draw, (B, *shape)."""
        drawn = [torch.randn(self._shape, generator=stream) for stream in self._streams]
        return torch.stack(drawn).to(self._device)
