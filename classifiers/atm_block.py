"""The parts of ActiveMLP around the token mixing: its block, and the positional convolution.

Wei et al., "Active Token Mixer", AAAI 2023, and its reference code,
microsoft/ActiveMLP, whose names the parameters keep.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from classifiers.active_mixing import HEIGHT, TIME, WIDTH, Sampling, Tokens
from classifiers.atm import MLP, ActiveTokenMixing
from plugins import compat

with compat.quiet():
    from mmcv.cnn.bricks import DropPath


class ActiveBlock(nn.Module):
    """x + mixing(norm(x)), then x + MLP(norm(x)); it may give offsets to itself and others.

    Args:
        channels: C.
        mlp_ratio: hidden channels of the MLP over C.
        share: channels that share an offset.
        temporal: mixes along time too.
        gives_offsets: has the layer that makes offsets.
        drop_path: probability of leaving out a branch, for a clip.
        wide_out: channels after the halving of height and width that follows
            the block; None: nothing follows it.
    """

    def __init__(
        self,
        channels: int,
        mlp_ratio: int,
        share: int,
        temporal: bool,
        gives_offsets: bool,
        drop_path: float,
        wide_out: int | None,
    ) -> None:
        super().__init__()
        self.axes = (WIDTH, HEIGHT, TIME) if temporal else (WIDTH, HEIGHT)
        self.norm1 = nn.LayerNorm(channels)
        self.atm = ActiveTokenMixing(channels, temporal)
        self.norm2 = nn.LayerNorm(channels)
        self.mlp = MLP(channels, mlp_ratio * channels, channels)
        self.drop_path = DropPath(drop_path)
        self.downsample = None if wide_out is None else FrameConv(channels, wide_out, 3, 2, 1)
        self.offset_layer = None
        if gives_offsets:
            offsets = nn.Linear(channels, len(self.axes) * channels // share)
            self.offset_layer = nn.Sequential(nn.LayerNorm(channels), offsets)

    def samplings(self, tokens: Tokens) -> list[Sampling]:
        """Where the channels look, in full precision: along width, height and maybe time."""
        assert self.offset_layer is not None
        with torch.autocast(tokens.device.type, enabled=False):
            offsets = self.offset_layer(tokens.to(self.norm1.weight.dtype))
        parts = offsets.chunk(len(self.axes), dim=-1)
        return [Sampling(part, axis) for part, axis in zip(parts, self.axes, strict=True)]

    def look_at_own_frame(self) -> None:
        """Set the layer of offsets to zero along time, if it has both."""
        if self.offset_layer is not None and TIME in self.axes:
            for tensor in self.offset_layer[1].parameters():
                nn.init.zeros_(tensor.chunk(len(self.axes))[self.axes.index(TIME)])

    def forward(self, tokens: Tokens, samplings: Sequence[Sampling]) -> Float[Tensor, "B T _ _ _"]:
        """(B, T, H, W, C) to the same, or to (B, T, H', W', wide_out)."""
        tokens = tokens + self.drop_path(self.atm(self.norm1(tokens), samplings))
        tokens = tokens + self.drop_path(self.mlp(self.norm2(tokens)))
        return tokens if self.downsample is None else self.downsample(tokens)


class FrameConv(nn.Module):
    """A convolution of every frame by itself, channels last: (B, T, H, W, C)."""

    def __init__(self, wide_in: int, wide_out: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(wide_in, wide_out, kernel, stride=stride, padding=padding)

    def forward(self, tokens: Tokens) -> Float[Tensor, "B T _ _ _"]:
        """Convolve."""
        out = self.proj(tokens.flatten(0, 1).permute(0, 3, 1, 2))
        return out.permute(0, 2, 3, 1).unflatten(0, tokens.shape[:2])


class Positional(nn.Module):
    """x + depthwise convolution of x, over 3 x 3 places and, where temporal, 3 frames.

    Chu et al., "Conditional Positional Encodings for Vision Transformers", ICLR 2023.
    """

    def __init__(self, channels: int, temporal: bool) -> None:
        super().__init__()
        conv = nn.Conv3d if temporal else nn.Conv2d
        self.proj = conv(channels, channels, 3, padding=1, groups=channels)

    def forward(self, tokens: Tokens) -> Tokens:
        """Add to tokens (B, T, H, W, C)."""
        if isinstance(self.proj, nn.Conv3d):
            return tokens + self.proj(tokens.permute(0, 4, 1, 2, 3)).permute(0, 2, 3, 4, 1)
        out = self.proj(tokens.flatten(0, 1).permute(0, 3, 1, 2))
        return tokens + out.permute(0, 2, 3, 1).unflatten(0, tokens.shape[:2])
