"""Active token mixing: every channel looks along an axis as far as its offset says.

Wei et al., "Active Token Mixer", AAAI 2023, and its reference code,
microsoft/ActiveMLP. The branch along time is this project's.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional as F

from classifiers.active_mixing import Sampling, Tokens


class MLP(nn.Module):
    """Linear, GELU, Linear."""

    def __init__(self, wide_in: int, hidden: int, wide_out: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(wide_in, hidden), nn.Linear(hidden, wide_out)

    def forward(self, x: Tensor) -> Tensor:
        """(..., wide_in) to (..., wide_out)."""
        out: Tensor = self.fc2(F.gelu(self.fc1(x)))
        return out


class ActiveTokenMixing(nn.Module):
    """Branches along width, height and maybe time, and one at the place itself, fused.

    Each branch mixes the channels that it sampled. Per frame and channel,
    a softmax over the branches weighs them, from the frame's pooled
    branches. In that pooled sum the branch along time and the one at the
    place count half each, as time's begins as a copy of the other (see
    `classifiers.atm_weights`).

    Args:
        channels: C, a multiple of 4.
        temporal: with the branch along time.
    """

    def __init__(self, channels: int, temporal: bool) -> None:
        super().__init__()
        self.atm_c = nn.Linear(channels, channels, bias=False)
        self.atm_h = nn.Linear(channels, channels)
        self.atm_w = nn.Linear(channels, channels)
        self.atm_t = nn.Linear(channels, channels) if temporal else None
        self.fusion = MLP(channels, channels // 4, channels * (4 if temporal else 3))
        self.proj = nn.Linear(channels, channels)

    def forward(self, tokens: Tokens, samplings: Sequence[Sampling]) -> Tokens:
        """Mix tokens (B, T, H, W, C), sampled along width, height and, if it has it, time."""
        along_w, along_h, *along_t = samplings
        branches = [self.atm_w(along_w(tokens)), self.atm_h(along_h(tokens)), self.atm_c(tokens)]
        if self.atm_t is not None:
            branches.append(self.atm_t(along_t[0](tokens)))
        weights = self._weights([b.mean(dim=(2, 3), keepdim=True) for b in branches])
        weights = tuple(weight.to(branches[0].dtype) for weight in weights)
        fused = branches[0] * weights[0]
        for branch, weight in zip(branches[1:], weights[1:], strict=True):
            fused = fused.addcmul(branch, weight)
        out: Tensor = self.proj(fused)
        return out

    def _weights(self, pooled: list[Tensor]) -> tuple[Tensor, ...]:
        """The softmax over branches, one (B, T, 1, 1, C) for each."""
        width, height, *rest = pooled
        logits = self.fusion(width + height + sum(rest) / len(rest))
        return logits.unflatten(-1, (-1, len(pooled))).softmax(dim=-1).unbind(dim=-1)
