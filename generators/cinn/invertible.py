"""What every part of the flow is: a map with an exact inverse and a known log-determinant."""

from __future__ import annotations

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

Vectors = Float[Tensor, "B d"]
Seen = Float[Tensor, "B e"]
LogDet = Float[Tensor, " B"]


class Invertible(nn.Module, ABC):
    """A bijection of R^d for every condition."""

    @abstractmethod
    def forward(self, x: Vectors, seen: Seen) -> tuple[Vectors, LogDet]:
        """The image of x (B, d) under the condition (B, e), and log |det dy/dx| in nats, (B,)."""

    @abstractmethod
    def inverse(self, y: Vectors, seen: Seen) -> Vectors:
        """The x that `forward` maps to y."""

    def initialise(self, x: Vectors, seen: Seen) -> Vectors:
        """Set what is taken from a first batch, and return its image; most parts take nothing."""
        y: Tensor = self.forward(x, seen)[0]
        return y
