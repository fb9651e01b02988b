"""A fixed permutation, so that each coupling splits the dimensions otherwise."""

from __future__ import annotations

import torch
from torch import Tensor

from generators.cinn.invertible import Invertible, LogDet, Seen, Vectors


class Permutation(Invertible):
    """The dimensions in another order, drawn once; its log-determinant is 0.

    Drawn from torch's global generator, as weights are, and kept with them.

    Args:
        d: dimensions.
    """

    order: Tensor

    def __init__(self, d: int) -> None:
        super().__init__()
        self.register_buffer("order", torch.randperm(d))

    def forward(self, x: Vectors, seen: Seen) -> tuple[Vectors, LogDet]:
        """See `Invertible.forward`."""
        return x[:, self.order], x.new_zeros(len(x))

    def inverse(self, y: Vectors, seen: Seen) -> Vectors:
        """See `Invertible.inverse`."""
        return y[:, self.order.argsort()]
