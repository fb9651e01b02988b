"""The encoder: a 3D ResNet from a clip to the mean and log-variance of its latent.

With ``correlation`` above 0 it also does what a ResNet learns slowly, block
matching from frame to frame: the matches join the stem's features, and the
motion found, averaged over each latent cell, joins the last layer's input.

With ``stem_stride`` 2, ``temporal_factor`` 8, ``spatial_factor`` 16, ``base``
64 and ``correlation`` 0 it is the 3D ResNet-18 that the LDDM paper names: a stem
and 4 stages of 2 basic blocks (He et al., CVPR 2016; in 3D, R3D-18 of Tran et
al., CVPR 2018), convolution by convolution. GroupNorm in place of BatchNorm,
so that a clip's latent does not depend on its batch (as the cINN's code).

The cINN's encoder (Dorkenwald et al., CVPR 2021) is this with ``latent``
"vector", ``temporal_factor`` 16 and a ``spatial_factor`` that leaves 4 x 4 cells:
one convolution over the whole coarsest grid gives mean and log-variance. There
the stem halves time too and the stages have 64, 128, 128, 256 and 512 channels
(at 128 px), shortcuts are 3 x 3 x 3, and frame 0 is not shown; here a first
stage keeps all frames, channels double up to 8 times the base, shortcuts are
1 x 1 x 1, and frame 0 is the first of the T.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from generators.autoencoder.correlation import best_match, correlation_volume
from generators.autoencoder.layout import Layout
from generators.autoencoder.shapes import Changed, Latent, Motion, Volume
from plugins.types import ClipBatch

LOGVAR_RANGE = (-20.0, 10.0)


class Posterior(NamedTuple):
    """A diagonal Gaussian over the latent, and the motion that block matching found on the way.

    ``motion`` is (B, 2, T, H / stem stride, W / stem stride), frame to
    frame, in pixels of the clip; None without a correlation volume.
    """

    mean: Latent
    logvar: Latent
    motion: Motion | None = None

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

    def forward(self, x: Volume) -> Changed:
        """(B, before, T, H, W) to (B, after, T / temporal, H / spatial, W / spatial)."""
        h = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.shortcut(x) + self.norm2(self.conv2(h)))


KERNELS = {2: 7, 4: 5, 8: 15}
"""Side of the stem's kernel by its stride; 7 is ResNet's."""


class Encoder(nn.Module):
    """Clip to `Posterior`.

    A vector is read from all cells of the coarsest grid, each with weights of
    its own, as in the cINN's code: their mean would forget where what moves.
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.reach, stride = layout.correlation, layout.stem_stride
        self.stride = stride
        wide = KERNELS[stride]
        kernel, padding = (3, wide, wide), (1, wide // 2, wide // 2)
        self.stem = nn.Conv3d(
            layout.shape[0], layout.base, kernel, (1, stride, stride), padding, bias=False
        )
        if self.reach:
            shifts = (2 * self.reach + 1) ** 2
            self.matching = nn.Conv3d(shifts + 2, layout.base, 1)
        self.norm = norm(layout.base)
        blocks: list[nn.Module] = []
        before = layout.base
        for width, strides in zip(layout.widths, layout.strides, strict=True):
            blocks += [BasicBlock(before, width, strides), BasicBlock(width, width, (1, 1))]
            before = width
        self.stages = nn.Sequential(*blocks)
        self.cell = (layout.temporal_factor, layout.spatial_factor // stride)
        if self.reach:
            before += 2 * layout.temporal_factor
        seen = layout.grid if layout.latent == "vector" else (1, 1, 1)
        self.posterior = nn.Conv3d(before, 2 * layout.latent_channels, seen)

    def forward(self, clips: ClipBatch) -> Posterior:
        """Encode clips (B, C, T, H, W) in [0, 1]."""
        h, motion = self.stem(2 * clips - 1), None
        if self.reach:
            matches = correlation_volume(clips, self.reach, self.stride)
            motion = best_match(matches, self.reach)
            h = h + self.matching(torch.cat([matches, motion], dim=1))
        h = self.stages(F.relu(self.norm(h)))
        if motion is not None:
            h = torch.cat([h, per_cell(motion, *self.cell)], dim=1)
        mean, logvar = self.posterior(h).chunk(2, dim=1)
        return Posterior(mean, logvar.clamp(*LOGVAR_RANGE), motion)


def per_cell(motion: Motion, frames: int, blocks: int) -> Changed:
    """The mean motion in each latent cell, the cell's frames side by side as channels.

    (B, 2, T, H, W) to (B, 2 * frames, T / frames, H / blocks, W / blocks).
    """
    mean = F.avg_pool3d(motion, (1, blocks, blocks))
    apart = mean.unflatten(2, (mean.shape[2] // frames, frames))
    return apart.transpose(2, 3).flatten(1, 2)


def norm(channels: int) -> nn.GroupNorm:
    """GroupNorm in as many groups of at least 4 channels as there can be, at most 16."""
    fitting = [g for g in (16, 8, 4, 2) if channels % g == 0 and channels // g >= 4]
    return nn.GroupNorm(fitting[0] if fitting else 1, channels)
