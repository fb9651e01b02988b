"""Moving an image by a displacement field."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from generators.autoencoder.shapes import Displacement
from plugins.types import ClipBatch, ImageBatch


def warp(images: ImageBatch, field: Displacement) -> ClipBatch:
    """Each frame shows at (x, y) what the image has at (x - dx, y - dy).

    So content moves by (dx, dy). Between pixels the image is interpolated
    bicubically, since bilinear sampling blurs speckle; beyond its border
    it is mirrored. The result may leave [0, 1] a little.

    Args:
        images: (B, C, H, W).
        field: (B, 2, T, H, W), pixels, given at the places of the frame.

    Returns:
        (B, C, T, H, W), float32.
    """
    b, _, t, height, width = field.shape
    with torch.autocast(field.device.type, enabled=False):
        moved = F.grid_sample(
            images.float().repeat_interleave(t, dim=0),
            _places(field.float()),
            mode="bicubic",
            padding_mode="reflection",
            align_corners=False,
        )
    return moved.view(b, t, -1, height, width).transpose(1, 2)


def _places(field: Tensor) -> Tensor:
    """(B * T, H, W, 2): where each pixel comes from, in grid_sample's units (-1 to 1)."""
    height, width = field.shape[-2:]
    x = torch.arange(width, device=field.device, dtype=torch.float32)
    y = torch.arange(height, device=field.device, dtype=torch.float32)
    from_x = (2 * (x - field[:, 0]) + 1) / width - 1
    from_y = (2 * (y[:, None] - field[:, 1]) + 1) / height - 1
    return torch.stack([from_x, from_y], dim=-1).flatten(0, 1)
