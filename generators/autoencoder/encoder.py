"""The encoder: a 3D ResNet from a clip to the mean and log-variance of its latent.

With ``stem_stride`` 2, ``spatial_factor`` 16 and ``base`` 64 it is the 3D
ResNet-18 that the LDDM paper names: a stem and 4 stages of 2 basic blocks
(He et al., CVPR 2016). GroupNorm in place of BatchNorm, so that a clip's
latent does not depend on its batch (as the cINN's code).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from generators.autoencoder.correlation import correlation_volume
from generators.autoencoder.layout import Layout
from generators.autoencoder.shapes import Latent, Volume
from plugins.types import ClipBatch

LOGVAR_RANGE = (-20.0, 10.0)


class Posterior(NamedTuple):
    """A diagonal Gaussian over the latent."""

    mean: Latent
    logvar: Latent

    def draw(self, noise: Latent) -> Latent:
        """mean + standard deviation * noise."""
        return self.mean + torch.exp(0.5 * self.logvar) * noise


class BasicBlock(nn.Module):
    """Two 3x3x3 convolutions and a shortcut.

    Args:
        before: channels in.
        after: channels out.
        stride: (temporal, spatial).
    """

    def __init__(self, before: int, after: int, stride: tuple[int, int]) -> None:
        super().__init__()
        steps = (stride[0], stride[1], stride[1])
        self.conv1 = nn.Conv3d(before, after, 3, steps, 1, bias=False)
        self.norm1 = norm(after)
        self.conv2 = nn.Conv3d(after, after, 3, 1, 1, bias=False)
        self.norm2 = norm(after)
        self.shortcut: nn.Module = nn.Identity()
        if before != after or steps != (1, 1, 1):
            self.shortcut = nn.Sequential(
                nn.Conv3d(before, after, 1, steps, bias=False), norm(after)
            )

    def forward(self, x: Volume) -> Volume:
        """(B, before, T, H, W) to (B, after, T / temporal, H / spatial, W / spatial)."""
        h = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.shortcut(x) + self.norm2(self.conv2(h)))


class Encoder(nn.Module):
    """Clip to `Posterior`."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.reach, stride = layout.correlation, layout.stem_stride
        self.stride = stride
        wide = 2 * stride - 1 if stride > 4 else 5
        self.stem = nn.Conv3d(
            layout.shape[0], layout.base, (3, wide, wide), (1, stride, stride), (1, wide // 2, wide // 2)
        )
        if self.reach:
            shifts = (2 * self.reach + 1) ** 2
            self.matching = nn.Conv3d(shifts, layout.base, 1)
        self.norm = norm(layout.base)
        blocks: list[nn.Module] = []
        before = layout.base
        for width, strides in zip(layout.widths, layout.strides, strict=True):
            blocks += [BasicBlock(before, width, strides), BasicBlock(width, width, (1, 1))]
            before = width
        self.stages = nn.Sequential(*blocks)
        self.posterior = nn.Conv3d(before, 2 * layout.latent_channels, 1)

    def forward(self, clips: ClipBatch) -> Posterior:
        """Encode clips (B, C, T, H, W) in [0, 1]."""
        h = self.stem(2 * clips - 1)
        if self.reach:
            h = h + self.matching(correlation_volume(clips, self.reach, self.stride))
        mean, logvar = self.posterior(self.stages(F.relu(self.norm(h)))).chunk(2, dim=1)
        return Posterior(mean, logvar.clamp(*LOGVAR_RANGE))


def norm(channels: int) -> nn.GroupNorm:
    """GroupNorm in groups of at least 4 channels, at most 16 groups."""
    groups = next(g for g in (16, 8, 4, 2, 1) if channels % g == 0 and channels // g >= 4 or g == 1)
    return nn.GroupNorm(groups, channels)


def n_parameters(module: nn.Module) -> int:
    """How many numbers a module learns."""
    return sum(p.numel() for p in module.parameters())

