"""The denoiser: what was added to a latent, from the noisy latent, t and the condition."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import nn
from torch.nn import functional as F

from generators.autoencoder.shapes import Latent
from generators.lddm.diffusion import Times
from generators.lddm.transformer import Transformer
from generators.lddm.unet import UNet, widths
from generators.two_stage.condition import Condition, Dropped, Labels, Seen, Vector
from plugins.types import ImageBatch

NetworkName = Literal["transformer", "unet"]


class Denoiser(nn.Module):
    """Predicts noise or v from a noisy latent.

    Args:
        latent_shape: (c, t, h, w).
        channels: C of the image.
        spatial_factor: image pixels per cell along an axis.
        network: ``transformer`` or ``unet``.
        width: channels (of the U-Net: at its finest level), a multiple of ``heads``.
        depth: transformer blocks, or residual blocks per level and way.
        heads: attention heads.
        dropout: share of activations dropped in training.
        levels: of the U-Net.
        n_classes: K, where the class is a condition; else 0.
    """

    def __init__(
        self,
        latent_shape: tuple[int, int, int, int],
        channels: int,
        spatial_factor: int,
        network: NetworkName = "transformer",
        width: int = 160,
        depth: int = 4,
        heads: int = 4,
        dropout: float = 0.0,
        levels: int = 3,
        n_classes: int = 0,
    ) -> None:
        super().__init__()
        self.width = width
        self.network: nn.Module
        if network == "unet":
            self.network = UNet(latent_shape, width, depth, heads, dropout, levels)
            self.condition = Condition(channels, spatial_factor, widths(width, levels), n_classes)
        else:
            self.network = Transformer(latent_shape, width, depth, heads, dropout)
            self.condition = Condition(channels, spatial_factor, [width], n_classes)
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def see(
        self, images: ImageBatch, labels: Labels | None = None, dropped: Dropped | None = None
    ) -> Seen:
        """Read the condition, once for all t; see `Condition`."""
        seen: Seen = self.condition(images, labels, dropped)
        return seen

    def forward(self, zt: Latent, t: Times, seen: Seen) -> Latent:
        """zt (B, c, t, h, w), t (B,) from 1 to T, and what is `see`n."""
        vector = F.silu(self.time(sinusoids(t, self.width)) + seen.vector)
        said: torch.Tensor = self.network(zt, vector, list(seen.maps.values()))
        return said


def sinusoids(t: Times, width: int) -> Vector:
    """Sines and cosines of t at ``width / 2`` frequencies, from 1 to 1/10000 (DDPM's embedding)."""
    half = width // 2
    frequency = torch.exp(-math.log(10000) * torch.arange(half, device=t.device) / half)
    angle = t[:, None].float() * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1)
