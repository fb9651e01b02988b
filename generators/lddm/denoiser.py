"""The denoiser: a transformer over the cells of the latent grid, given frame 0 and t.

A DiT (Peebles and Xie, "Scalable Diffusion Models with Transformers",
ICCV 2023): the grid is so small (4 x 4 x 4 by default) that every cell can
attend to every other, where a U-Net would have little left to halve.
Frame 0 enters twice: its features at each place are added to that
place's cells, and their mean, with t, modulates every normalisation.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from generators.autoencoder.pyramid import ImagePyramid
from generators.autoencoder.shapes import Latent
from generators.lddm.diffusion import Times
from plugins.types import ImageBatch

Tokens = Float[Tensor, "B n d"]
Vector = Float[Tensor, "B d"]


class Denoiser(nn.Module):
    """Predicts noise or v from a noisy latent.

    Args:
        latent_shape: (c, t, h, w).
        channels: C of the image.
        spatial_factor: image pixels per cell along an axis.
        width: channels of each token, a multiple of ``heads``.
        depth: transformer blocks.
        heads: attention heads.
    """

    def __init__(
        self,
        latent_shape: tuple[int, int, int, int],
        channels: int,
        spatial_factor: int,
        width: int = 160,
        depth: int = 4,
        heads: int = 4,
    ) -> None:
        super().__init__()
        c, t, h, w = latent_shape
        self.enter = nn.Conv3d(c, width, 1)
        self.place = nn.Parameter(0.02 * torch.randn(1, width, 1, h, w))
        self.moment = nn.Parameter(0.02 * torch.randn(1, width, t, 1, 1))
        strides, widths = _image_plan(spatial_factor, width)
        self.image = ImagePyramid(channels, strides, widths)
        self.time = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.last = Modulated(width)
        self.leave = nn.Linear(width, c)
        self.spatial_factor, self.width = spatial_factor, width

    def forward(self, zt: Latent, t: Times, images: ImageBatch) -> Latent:
        """zt (B, c, t, h, w), t (B,) from 1 to T, images (B, C, H, W) in [0, 1]."""
        seen = self.image(images)[self.spatial_factor]
        condition = F.silu(self.time(sinusoids(t, self.width)) + seen.mean((2, 3)))
        grid = self.enter(zt) + self.place + self.moment + seen[:, :, None]
        tokens = grid.flatten(2).transpose(1, 2)
        for block in self.blocks:
            tokens = block(tokens, condition)
        out: Tensor = self.leave(self.last(tokens, condition))
        return out.transpose(1, 2).reshape(zt.shape)


class Modulated(nn.Module):
    """Layer normalisation with scale and shift read from a condition (adaLN)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.to_scale_and_shift = nn.Linear(width, 2 * width)

    def forward(self, x: Tokens, condition: Vector) -> Tokens:
        """Tokens (B, n, d), condition (B, d)."""
        scale, shift = self.to_scale_and_shift(condition)[:, None].chunk(2, dim=-1)
        return self.norm(x) * (1 + scale) + shift


class Block(nn.Module):
    """Self-attention over all cells, then a network per cell; each around a shortcut."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_mlp = Modulated(width), Modulated(width)
        self.to_qkv, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tokens, condition: Vector) -> Tokens:
        """Tokens (B, n, d), condition (B, d)."""
        x = x + self._attend(self.before_attention(x, condition))
        return x + self.mlp(self.before_mlp(x, condition))

    def _attend(self, x: Tokens) -> Tokens:
        b, n, d = x.shape
        qkv = self.to_qkv(x).view(b, n, 3, self.heads, d // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.merge(mixed.transpose(1, 2).reshape(b, n, d))


def sinusoids(t: Times, width: int) -> Vector:
    """Sines and cosines of t at ``width / 2`` frequencies, from 1 to 1/10000 (DDPM's embedding)."""
    half = width // 2
    frequency = torch.exp(-math.log(10000) * torch.arange(half, device=t.device) / half)
    angle = t[:, None].float() * frequency
    return torch.cat([angle.sin(), angle.cos()], dim=1)


def _image_plan(spatial_factor: int, width: int) -> tuple[list[int], list[int]]:
    """Strides from 2 to the spatial factor and their widths, doubling up to ``width``."""
    n = spatial_factor.bit_length() - 1
    strides = [2**i for i in range(1, n + 1)]
    widths = [max(width >> (n - i), 8) // 4 * 4 for i in range(1, n)]
    return strides, [*widths, width]
