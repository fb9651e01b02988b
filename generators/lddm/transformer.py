"""A transformer over the cells of the latent grid, each attending to every other.

A DiT (Peebles and Xie, "Scalable Diffusion Models with Transformers",
ICCV 2023). For small grids (4 x 4 x 4 by default), where a U-Net would
have little left to halve, and for the one cell of a vector latent.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from generators.autoencoder.shapes import Latent
from generators.two_stage.condition import Map, Vector, at_cells

Tokens = Float[Tensor, "B n d"]


class Transformer(nn.Module):
    """Noisy latent and condition to prediction.

    Frame 0 enters twice: its features at each place are added to that
    place's cells, and the condition modulates every normalisation.

    Args:
        latent_shape: (c, t, h, w).
        width: channels of each token, a multiple of ``heads``.
        depth: blocks.
        heads: attention heads.
        dropout: of what each block adds, in training.
    """

    def __init__(
        self,
        latent_shape: tuple[int, int, int, int],
        width: int = 160,
        depth: int = 4,
        heads: int = 4,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        c, t, h, w = latent_shape
        self.enter = nn.Conv3d(c, width, 1)
        self.place = nn.Parameter(0.02 * torch.randn(1, width, 1, h, w))
        self.moment = nn.Parameter(0.02 * torch.randn(1, width, t, 1, 1))
        self.blocks = nn.ModuleList(Block(width, heads, width, dropout) for _ in range(depth))
        self.last = Modulated(width, width)
        self.leave = nn.Linear(width, c)

    def forward(self, zt: Latent, condition: Vector, maps: list[Map]) -> Latent:
        """zt (B, c, t, h, w), condition (B, width), one map of frame 0 (B, width, _, _)."""
        seen = at_cells(maps[0], (zt.shape[3], zt.shape[4]))
        grid = self.enter(zt) + self.place + self.moment + seen[:, :, None]
        tokens = grid.flatten(2).transpose(1, 2)
        for block in self.blocks:
            tokens = block(tokens, condition)
        out: Tensor = self.leave(self.last(tokens, condition))
        return out.transpose(1, 2).reshape(zt.shape)


class Modulated(nn.Module):
    """Layer normalisation with scale and shift read from a condition (adaLN)."""

    def __init__(self, width: int, condition_width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.to_scale_and_shift = nn.Linear(condition_width, 2 * width)

    def forward(self, x: Tokens, condition: Vector) -> Tokens:
        """Tokens (B, n, d), condition (B, e)."""
        scale, shift = self.to_scale_and_shift(condition)[:, None].chunk(2, dim=-1)
        return self.norm(x) * (1 + scale) + shift


class Block(nn.Module):
    """Self-attention over all cells, then a network per cell; each around a shortcut."""

    def __init__(self, width: int, heads: int, condition_width: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention = Modulated(width, condition_width)
        self.before_mlp = Modulated(width, condition_width)
        self.to_qkv, self.merge = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tokens, condition: Vector) -> Tokens:
        """Tokens (B, n, d), condition (B, e)."""
        x = x + self.dropout(self._attend(self.before_attention(x, condition)))
        return x + self.dropout(self.mlp(self.before_mlp(x, condition)))

    def _attend(self, x: Tokens) -> Tokens:
        b, n, d = x.shape
        qkv = self.to_qkv(x).view(b, n, 3, self.heads, d // self.heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value)
        return self.merge(mixed.transpose(1, 2).reshape(b, n, d))
