"""Features of a still image at several scales, for all that is conditioned on it."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from generators.autoencoder.encoder import norm
from generators.autoencoder.shapes import FeatureMap
from plugins.types import ImageBatch


class ImagePyramid(nn.Module):
    """A small 2D convolutional network that keeps the features of every scale.

    Args:
        channels: C of the image.
        strides: from fine to coarse, each a power of 2 and a multiple of
            the one before.
        widths: channels at each stride.
    """

    def __init__(self, channels: int, strides: list[int], widths: list[int]) -> None:
        super().__init__()
        self.strides = strides
        steps = [b // a for a, b in zip([1, *strides], strides, strict=False)]
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        before = channels
        for step, width in zip(steps, widths, strict=True):
            kernel = 2 * step + 1 if step > 1 else 3
            self.convolutions.append(nn.Conv2d(before, width, kernel, step, kernel // 2))
            self.norms.append(norm(width))
            before = width

    def forward(self, images: ImageBatch) -> dict[int, FeatureMap]:
        """Features by stride: stride s has (B, width, H / s, W / s)."""
        h: torch.Tensor = 2 * images - 1
        features = {}
        for stride, convolution, normalise in zip(
            self.strides, self.convolutions, self.norms, strict=True
        ):
            h = F.silu(normalise(convolution(h)))
            features[stride] = h
        return features
