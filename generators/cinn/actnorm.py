"""ActNorm: a shift and a scale per dimension, taken from the first batch and then learned."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from generators.cinn.invertible import Invertible, LogDet, Seen, Vectors

SMALLEST = 1e-3
"""Least standard deviation that is scaled to 1, so that a constant dimension stays finite."""


class ActNorm(Invertible):
    """y = exp(s) (x + b), with a log-determinant of sum s.

    Kingma and Dhariwal, "Glow", NeurIPS 2018, section 3.1: s and b begin so
    that the first batch leaves with mean 0 and variance 1. That they did is
    kept with the weights, so that no later batch resets what was learned.
    The scale is positive by its form; the reference learns it freely.

    Args:
        d: dimensions.
    """

    initialised: Tensor

    def __init__(self, d: int) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(d))
        self.log_scale = nn.Parameter(torch.zeros(d))
        self.register_buffer("initialised", torch.tensor(False))

    def forward(self, x: Vectors, seen: Seen) -> tuple[Vectors, LogDet]:
        """See `Invertible.forward`."""
        return (x + self.shift) * self.log_scale.exp(), self.log_scale.sum().expand(len(x))

    def inverse(self, y: Vectors, seen: Seen) -> Vectors:
        """See `Invertible.inverse`."""
        return y * (-self.log_scale).exp() - self.shift

    @torch.no_grad()
    def initialise(self, x: Vectors, seen: Seen) -> Vectors:
        """Shift and scale from a batch (at least 2 vectors), unless there was one before."""
        if not self.initialised:
            self.shift.copy_(-x.mean(0))
            self.log_scale.copy_(-x.std(0, correction=0).clamp_min(SMALLEST).log())
            self.initialised.fill_(True)
        return super().initialise(x, seen)
