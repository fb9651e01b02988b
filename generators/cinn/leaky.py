"""The invertible LeakyReLU, with its log-determinant."""

from __future__ import annotations

import math

import torch

from generators.cinn.invertible import Invertible, LogDet, Seen, Vectors

SLOPE = 0.9
"""Of negative values, as in the reference's code."""


class InvertibleLeakyReLU(Invertible):
    """y = x where x is positive, else slope x.

    Each negative dimension adds log(slope) to the log-determinant. The
    reference's code counts 0, so that its likelihood is not one.

    Args:
        slope: of negative values, above 0.
    """

    def __init__(self, slope: float = SLOPE) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: Vectors, seen: Seen) -> tuple[Vectors, LogDet]:
        """See `Invertible.forward`."""
        negative = x < 0
        logdet = negative.to(x.dtype).sum(1) * math.log(self.slope)
        return torch.where(negative, x * self.slope, x), logdet

    def inverse(self, y: Vectors, seen: Seen) -> Vectors:
        """See `Invertible.inverse`."""
        return torch.where(y < 0, y / self.slope, y)
