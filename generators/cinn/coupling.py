"""Affine half-couplings: each half of a vector scaled and shifted as the other half says."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from generators.cinn.invertible import Invertible, LogDet, Seen, Vectors


class HalfCoupling(Invertible):
    """y_b = x_b exp(s(x_a, c)) + t(x_a, c), with y_a = x_a and a log-determinant of sum s.

    Dinh et al., "Density Estimation using Real NVP", ICLR 2017, equations 7
    and 8, with a condition c beside x_a. s and t are networks of their own,
    as in the cINN's code. Their last layers start at 0, and with them the
    coupling at the identity (Kingma and Dhariwal, "Glow", section 3.3).

    Args:
        d: dimensions, at least 2.
        condition: e, of the condition.
        width: of the networks' hidden layers.
        depth: their number, at least 1.
        limit: bound of s, by a tanh; None: none, as in the reference's code.
        second: change the second half given the first; else the other way round.
    """

    def __init__(
        self, d: int, condition: int, width: int, depth: int, limit: float | None, second: bool
    ) -> None:
        super().__init__()
        self.first, self.limit, self.second = d // 2, limit, second
        kept, changed = (d // 2, d - d // 2) if second else (d - d // 2, d // 2)
        self.scale = perceptron(kept + condition, changed, width, depth)
        self.shift = perceptron(kept + condition, changed, width, depth)

    def forward(self, x: Vectors, seen: Seen) -> tuple[Vectors, LogDet]:
        """See `Invertible.forward`."""
        kept, changed = self._split(x)
        s, t = self._said(kept, seen)
        return self._joined(kept, changed * s.exp() + t), s.sum(1)

    def inverse(self, y: Vectors, seen: Seen) -> Vectors:
        """See `Invertible.inverse`."""
        kept, changed = self._split(y)
        s, t = self._said(kept, seen)
        return self._joined(kept, (changed - t) * (-s).exp())

    def _said(self, kept: Tensor, seen: Seen) -> tuple[Tensor, Tensor]:
        given = torch.cat([kept, seen], dim=1)
        s, t = self.scale(given), self.shift(given)
        return (s if self.limit is None else self.limit * torch.tanh(s / self.limit)), t

    def _split(self, x: Vectors) -> tuple[Tensor, Tensor]:
        first, last = x[:, : self.first], x[:, self.first :]
        return (first, last) if self.second else (last, first)

    def _joined(self, kept: Tensor, changed: Tensor) -> Vectors:
        return torch.cat([kept, changed] if self.second else [changed, kept], dim=1)


def perceptron(before: int, after: int, width: int, depth: int) -> nn.Sequential:
    """Fully connected layers with LeakyReLU between them, the last of which says 0 at first."""
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Linear(before, width), nn.LeakyReLU()]
        before = width
    last = nn.Linear(before, after)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers, last)
