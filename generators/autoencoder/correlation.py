"""Speckle tracking as a layer: how well blocks of each frame match the frame before, shifted.

Block matching by normalised cross-correlation is how ultrasound measures
tissue motion (Trahey, Allison and von Ramm, IEEE TBME 34(12), 1987); as a
layer over all shifts it is FlowNet's correlation (Dosovitskiy et al.,
ICCV 2015, equation 1), here of pixels, not of learned features.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from generators.autoencoder.shapes import Changed, Motion, Volume
from plugins.types import ClipBatch

WINDOW = 2
"""Side of a block in strides: blocks overlap by half."""

SHARPNESS = 15.0
"""Factor of the matches before the softmax: of 3 to 20 tried, near the best for simulated speckle
(correlation of a block's motion with the true one 0.94 axially, 0.73 laterally)."""


@torch.no_grad()
def correlation_volume(clips: ClipBatch, reach: int, stride: int) -> Changed:
    """How well each block of frame t matches frame t-1, at each shift.

    Both frames are first normalised in each pixel's neighbourhood (of a
    block's size), so that what is left is close to the correlation
    coefficient of the two blocks.

    Args:
        clips: (B, C, T, H, W); colour is averaged to grey.
        reach: r, shifts from -r to r pixels along both axes.
        stride: pixels between two blocks, which are twice as large.

    Returns:
        (B, (2r + 1)^2, T, H / stride, W / stride), about -1 to 1. A channel
        is one displacement (dy, dx), in row order, from frame t-1 to t.
        Frame 0 is compared with itself.
    """
    with torch.autocast(clips.device.type, enabled=False):
        grey = _normalised(clips.float().mean(1), stride)
        before = torch.cat([grey[:, :1], grey[:, :-1]], dim=1)
        rows = _means(grey.shape[-2], stride, stride, grey.device)
        columns = _means(grey.shape[-1], stride, stride, grey.device).T
        return torch.stack(
            [rows @ (grey * moved) @ columns for moved in _shifted(before, reach)], dim=1
        )


def best_match(volume: Volume, reach: int) -> Motion:
    """Motion from frame to frame of each block: the mean shift, weighted by how well it fits.

    A softmax of the matches in place of their maximum, so that it lies
    between pixels (as in GC-Net, Kendall et al., ICCV 2017, equation 1).

    Args:
        volume: from `correlation_volume` with the same reach.

    Returns:
        (B, 2, T, H, W): (dx, dy) in pixels of the clip.
    """
    side = 2 * reach + 1
    weights = (SHARPNESS * volume).softmax(1).unflatten(1, (side, side))
    shifts = torch.arange(-reach, reach + 1, device=volume.device).view(1, side, 1, 1, 1)
    return torch.stack([(weights.sum(axis) * shifts).sum(1) for axis in (1, 2)], dim=1)


def _normalised(grey: Tensor, stride: int) -> Tensor:
    """Mean 0 and variance 1 in the square of a block's size around each pixel."""
    rows = _means(grey.shape[-2], 1, stride, grey.device)
    columns = _means(grey.shape[-1], 1, stride, grey.device).T
    centred = grey - rows @ grey @ columns
    return centred / (rows @ centred**2 @ columns + 1e-4).sqrt()


def _shifted(frames: Tensor, reach: int) -> Iterator[Tensor]:
    """The frames (B, T, H, W) moved by (dy, dx), dy and dx from -reach to reach."""
    height, width = frames.shape[-2:]
    padded = F.pad(frames, (reach,) * 4, mode="replicate")
    for top in range(2 * reach, -1, -1):
        for left in range(2 * reach, -1, -1):
            yield padded[..., top : top + height, left : left + width]


def _means(size: int, every: int, stride: int, device: torch.device) -> Tensor:
    """(size / every, size): row i averages a block's pixels around the i-th of ``every`` pixels."""
    centre = every * torch.arange(size // every, device=device)[:, None] + (every - 1) / 2
    inside = (torch.arange(size, device=device) - centre).abs() <= WINDOW * stride / 2
    return inside / inside.sum(1, keepdim=True)
