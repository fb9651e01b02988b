"""Speckle tracking as a layer: how well blocks of each frame match the frame before, shifted.

Block matching by normalised cross-correlation is how ultrasound measures
tissue motion (Trahey, Allison and von Ramm, IEEE TBME 34(12), 1987); as a
layer over all shifts it is FlowNet's correlation (Dosovitskiy et al.,
ICCV 2015, equation 1), here of pixels, not of learned features.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from generators.autoencoder.shapes import Volume
from plugins.types import ClipBatch

WINDOW = 2
"""Side of a block in strides: blocks overlap by half."""


@torch.no_grad()
def correlation_volume(clips: ClipBatch, reach: int, stride: int) -> Volume:
    """Correlation coefficient of each block of frame t with frame t-1, at each shift.

    Args:
        clips: (B, C, T, H, W); colour is averaged to grey.
        reach: r, shifts from -r to r pixels along both axes.
        stride: pixels between two blocks, which are twice as large.

    Returns:
        (B, (2r + 1)^2, T, H / stride, W / stride) in [-1, 1]. A channel is
        one shift (dy, dx) in row order: high where the block came from the
        place so far up and left. Frame 0 is compared with itself.
    """
    with torch.autocast(clips.device.type, enabled=False):
        grey = clips.float().mean(1)
        before = torch.cat([grey[:, :1], grey[:, :-1]], dim=1)
        return torch.stack(_coefficients(grey, before, reach, stride), dim=1)


def _coefficients(now: Tensor, before: Tensor, reach: int, stride: int) -> list[Tensor]:
    mean, energy = _block_mean(now, stride), _block_mean(now * now, stride)
    deviation = (energy - mean**2).clamp_min(1e-6).sqrt()
    height, width = now.shape[-2:]
    padded = F.pad(before, (reach,) * 4, mode="replicate")
    out = []
    for dy in range(2 * reach + 1):
        for dx in range(2 * reach + 1):
            # Content that moved down by dy - reach was so far up in the frame before.
            top, left = 2 * reach - dy, 2 * reach - dx
            there = padded[..., top : top + height, left : left + width]
            there_mean = _block_mean(there, stride)
            spread = (_block_mean(there * there, stride) - there_mean**2).clamp_min(1e-6).sqrt()
            covariance = _block_mean(now * there, stride) - mean * there_mean
            out.append((covariance / (deviation * spread)).clamp(-1, 1))
    return out


def _block_mean(x: Tensor, stride: int) -> Tensor:
    return F.avg_pool2d(
        x, WINDOW * stride, stride, (WINDOW - 1) * stride // 2, count_include_pad=False
    )
