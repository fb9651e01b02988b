"""Random views of training clips, so that stage 1 learns motion rather than its few videos."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from plugins.types import Clip, ClipBatch

SMALLEST = 0.5
"""Side of the smallest crop at full strength, as a fraction of the image's."""

GAMMA = 0.5
"""Largest change of the exponent's logarithm (base e) at full strength."""


class Augmentation:
    """Mirror images, and at some strength crops, other contrasts and reversed time.

    One draw per clip: all its frames change alike, so that what moves
    goes on moving. A crop is enlarged to the clip's size again, with its
    motion; a clip that runs backwards begins with its last frame, which
    is an image like any other.

    Args:
        mirror: probability of a left-right mirror image.
        strength: in [0, 1]; 0 for mirror images only.
    """

    def __init__(self, mirror: float, strength: float) -> None:
        self._mirror, self._strength = mirror, strength

    def __call__(self, clips: ClipBatch, generator: torch.Generator) -> ClipBatch:
        """Another view of each clip (B, C, T, H, W) in [0, 1]; the values stay there."""
        u = torch.rand(len(clips), 6, generator=generator)
        return torch.stack([self._one(clip, draw) for clip, draw in zip(clips, u, strict=True)])

    def _one(self, clip: Clip, draw: Tensor) -> Clip:
        mirror, backwards, scale, top, left, contrast = (float(x) for x in draw)
        if mirror < self._mirror:
            clip = clip.flip(-1)
        if not self._strength:
            return clip
        if backwards < 0.5 * self._strength:
            clip = clip.flip(1)
        side = 1 - (1 - SMALLEST) * self._strength * scale
        clip = _enlarged(clip, side, top, left)
        return clip ** float(torch.tensor((2 * contrast - 1) * GAMMA * self._strength).exp())


def _enlarged(clip: Clip, side: float, top: float, left: float) -> Clip:
    """The crop of a side, at a place, at the size of the whole."""
    height, width = clip.shape[-2:]
    h, w = max(round(side * height), 2), max(round(side * width), 2)
    y, x = int(top * (height - h + 1)), int(left * (width - w + 1))
    crop = clip[..., y : y + h, x : x + w].transpose(0, 1)
    large = F.interpolate(crop, (height, width), mode="bilinear", align_corners=False)
    return large.transpose(0, 1).clamp(0, 1)
