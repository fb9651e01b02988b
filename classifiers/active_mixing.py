"""Reading features at learned, fractional places along one axis: a gather and a linear blend.

The sampling of Wei et al., "Active Token Mixer", AAAI 2023, whose
reference code does it with a deformable convolution in two dimensions.
Here two neighbours along one axis are gathered and blended; no compiled
operator is needed. All sums of the backward pass have a deterministic
form on every device (`torch.index_add`).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Tokens = Float[Tensor, "B T H W C"]
Offsets = Float[Tensor, "B T H W G"]
TIME, HEIGHT, WIDTH = 1, 2, 3  # axes of Tokens


@dataclass(frozen=True)
class Taps:
    """The two neighbours of N = B T H W G places, and their shares in the blend.

    A row is the features of one group of channels at one place.

    Attributes:
        low: row at or before the place.
        high: row after it.
        low_weight: share of the one, 0 where it lies outside.
        high_weight: share of the other, likewise.
        low_inside: whether the one lies within the axis.
        high_inside: whether the other does.
    """

    low: Int[Tensor, " N"]
    high: Int[Tensor, " N"]
    low_weight: Float[Tensor, " N"]
    high_weight: Float[Tensor, " N"]
    low_inside: Bool[Tensor, " N"]
    high_inside: Bool[Tensor, " N"]


class Sampling:
    """Reads tokens at their own place plus an offset along one axis; zero outside.

    The places are worked out once, and serve every block that shares the
    offsets.

    Args:
        offsets: (B, T, H, W, G) in tokens; each is shared by a group of C / G
            neighbouring channels. Gradients reach them; where an offset is a
            whole number, its gradient is the one towards higher places.
        axis: `TIME`, `HEIGHT` or `WIDTH`.
    """

    def __init__(self, offsets: Offsets, axis: int) -> None:
        self.offsets, self.taps = offsets, taps_of(offsets.detach(), axis)

    def __call__(self, tokens: Tokens) -> Tokens:
        """Sample tokens (B, T, H, W, C); C is a multiple of G."""
        out: Tensor = _Blend.apply(tokens, self.offsets, self.taps)
        return out


@torch.no_grad()
def taps_of(offsets: Offsets, axis: int) -> Taps:
    """The neighbours along an axis of each place; positions are float32 or finer."""
    length = offsets.shape[axis]
    places = _along(axis, length, offsets.device) + offsets.to(
        torch.promote_types(offsets.dtype, torch.float32)
    )
    places.clamp_(-2, length)  # far outside is as outside
    low = places.floor()
    part = places.sub_(low).reshape(-1)
    low_inside = ((low >= 0) & (low < length)).reshape(-1)
    high_inside = ((low >= -1) & (low < length - 1)).reshape(-1)
    index = low.long()
    stride = prod(offsets.shape[axis + 1 :])
    base = _first_rows(offsets, axis)
    return Taps(
        # The limits hold for NaN too, which shall reach the loss and not fail here.
        low=index.clamp(0, length - 1).mul_(stride).add_(base).reshape(-1),
        high=index.add_(1).clamp_(0, length - 1).mul_(stride).add_(base).reshape(-1),
        low_weight=(1 - part).mul_(low_inside),
        high_weight=part * high_inside,
        low_inside=low_inside,
        high_inside=high_inside,
    )


def _along(axis: int, length: int, device: torch.device) -> Tensor:
    return torch.arange(length, device=device).view([length if i == axis else 1 for i in range(5)])


def _first_rows(offsets: Tensor, axis: int) -> Tensor:
    """For every place the number of the row at the start of its line along an axis."""
    shape = offsets.shape
    first = torch.zeros(1, dtype=torch.long, device=offsets.device)
    for i in range(5):
        if i != axis:
            first = first + _along(i, shape[i], offsets.device) * prod(shape[i + 1 :])
    return first


class _Blend(torch.autograd.Function):
    """The weighted sum of two gathered rows; only the tokens are kept for its gradient."""

    @staticmethod
    def forward(ctx: Any, tokens: Tensor, offsets: Tensor, taps: Taps) -> Tensor:
        ctx.save_for_backward(tokens)
        ctx.taps, ctx.shape, ctx.dtype = taps, offsets.shape, offsets.dtype
        rows = _rows(tokens, offsets.shape[-1])
        low, high = (w.to(rows.dtype)[:, None] for w in (taps.low_weight, taps.high_weight))
        out = rows.index_select(0, taps.low).mul_(low)
        return out.addcmul_(rows.index_select(0, taps.high), high).view(tokens.shape)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        (tokens,), taps = ctx.saved_tensors, ctx.taps
        grad, rows = _rows(grad, ctx.shape[-1]), _rows(tokens, ctx.shape[-1])
        to_tokens = to_offsets = None
        if ctx.needs_input_grad[0]:
            to_tokens = torch.zeros_like(rows)
            for index, weight in ((taps.low, taps.low_weight), (taps.high, taps.high_weight)):
                to_tokens.index_add_(0, index, grad * weight.to(grad.dtype)[:, None])
            to_tokens = to_tokens.view(tokens.shape)
        if ctx.needs_input_grad[1]:
            before = rows.index_select(0, taps.low).mul_(grad).sum(1, dtype=taps.low_weight.dtype)
            after = rows.index_select(0, taps.high).mul_(grad).sum(1, dtype=taps.low_weight.dtype)
            slope = after.mul_(taps.high_inside).sub_(before.mul_(taps.low_inside))
            to_offsets = slope.view(ctx.shape).to(ctx.dtype)
        return to_tokens, to_offsets, None


def _rows(tokens: Tensor, n_groups: int) -> Tensor:
    return tokens.reshape(-1, tokens.shape[-1] // n_groups)
