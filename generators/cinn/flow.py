"""The conditional invertible network: from vectors to standard normal noise, and back."""

from __future__ import annotations

import math
from typing import cast

from torch import Tensor, nn

from generators.cinn.actnorm import ActNorm
from generators.cinn.coupling import HalfCoupling
from generators.cinn.invertible import Invertible, LogDet, Seen, Vectors
from generators.cinn.leaky import InvertibleLeakyReLU
from generators.cinn.permutation import Permutation


class Chain(Invertible):
    """Invertible parts one after the other; their log-determinants add up."""

    def __init__(self, *parts: Invertible) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Vectors, seen: Seen) -> tuple[Vectors, LogDet]:
        """See `Invertible.forward`."""
        logdet = x.new_zeros(len(x))
        for part in self._in_order():
            x, more = part(x, seen)
            logdet = logdet + more
        return x, logdet

    def inverse(self, y: Vectors, seen: Seen) -> Vectors:
        """See `Invertible.inverse`."""
        for part in reversed(self._in_order()):
            y = part.inverse(y, seen)
        return y

    def initialise(self, x: Vectors, seen: Seen) -> Vectors:
        """Each part takes what it takes from what the parts before it make of the batch."""
        for part in self._in_order():
            x = part.initialise(x, seen)
        return x

    def _in_order(self) -> list[Invertible]:
        return [cast(Invertible, part) for part in self.parts]


class Flow(Chain):
    """The density of vectors given a condition.

    Dorkenwald et al., CVPR 2021, section 3.2; the order in a block is
    their code's: ActNorm, LeakyReLU, two half-couplings, permutation.

    Args:
        d: dimensions, at least 2.
        condition: e, of the condition.
        blocks: so many of them.
        width: of the couplings' hidden layers.
        depth: number of these layers in each network.
        limit: bound of a coupling's log-scale; None: none.
    """

    def __init__(
        self,
        d: int,
        condition: int,
        blocks: int = 20,
        width: int = 512,
        depth: int = 3,
        limit: float | None = None,
    ) -> None:
        def half(second: bool) -> HalfCoupling:
            return HalfCoupling(d, condition, width, depth, limit, second)

        super().__init__(
            *(
                Chain(ActNorm(d), InvertibleLeakyReLU(), half(True), half(False), Permutation(d))
                for _ in range(blocks)
            )
        )

    def log_prob(self, x: Vectors, seen: Seen) -> LogDet:
        """log p(x | condition) in nats, exact: log N(g; 0, I) + log |det dg/dx|, (B,)."""
        g, logdet = self(x, seen)
        return log_normal(g) + logdet


def log_normal(g: Vectors) -> LogDet:
    """The log-density of a standard normal distribution, in nats, (B,)."""
    return -0.5 * (g**2).sum(1) - 0.5 * g.shape[1] * math.log(2 * math.pi)


def bits_per_dimension(log_prob: Tensor, d: int) -> Tensor:
    """-log2 p / d, from log p in nats: lower is better, and below 0 where a density exceeds 1."""
    return -log_prob / (d * math.log(2))
