"""A 3D U-Net over the latent grid: for grids too large for every cell to attend to every other.

The network of DDPM (Ho et al., NeurIPS 2020, appendix B) with time as a
third axis, with scale-shift normalisation (Nichol and Dhariwal, ICML
2021, section 3) and attention at the coarsest level alone.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F

from generators.autoencoder.encoder import norm
from generators.autoencoder.shapes import Changed, Latent, Volume
from generators.lddm.transformer import Block
from generators.two_stage.condition import Map, Vector, at_cells
from plugins.errors import DataError

Strides = tuple[int, int, int]


def widths(width: int, levels: int) -> list[int]:
    """Channels of each level: doubled at each, up to 4 times the first."""
    return [width * min(2**level, 4) for level in range(levels)]


def halvings(grid: tuple[int, int, int], levels: int) -> list[Strides]:
    """Strides (t, h, w) from each level to the next: an axis of even length is halved.

    Args:
        grid: cells (t, h, w).
        levels: at least 1, which has no halving.

    Raises:
        DataError: no axis is left to halve; names the parameters to change.
    """
    made: list[Strides] = []
    t, h, w = grid
    for _ in range(levels - 1):
        if t % 2 and h % 2 and w % 2:
            raise DataError(
                f"a latent of {' x '.join(map(str, grid))} cells cannot be halved {levels - 1} "
                f"times: set unet_levels = {len(made) + 1} or less, or denoiser = 'transformer'"
            )
        strides = (2 - t % 2, 2 - h % 2, 2 - w % 2)
        made.append(strides)
        t, h, w = t // strides[0], h // strides[1], w // strides[2]
    return made


class UNet(nn.Module):
    """Noisy latent and condition to prediction.

    Frame 0 enters twice: its features are added at each level on the way
    down, and the condition scales and shifts in every block.

    Args:
        latent_shape: (c, t, h, w).
        width: channels at the finest level, and of the condition.
        depth: residual blocks per level and way.
        heads: attention heads at the coarsest level.
        dropout: in each residual block, in training.
        levels: sizes of the grid, the latent's own included.

    Raises:
        DataError: the grid cannot be halved so often.
    """

    def __init__(
        self,
        latent_shape: tuple[int, int, int, int],
        width: int = 64,
        depth: int = 2,
        heads: int = 4,
        dropout: float = 0.0,
        levels: int = 3,
    ) -> None:
        super().__init__()
        c, *grid = latent_shape
        self.strides = halvings((grid[0], grid[1], grid[2]), levels)
        wide = widths(width, levels)

        def blocks(first: int, channels: int) -> Blocks:
            return Blocks(first, channels, width, depth, dropout)

        self.enter = nn.Conv3d(c, wide[0], 3, padding=1)
        self.down = nn.ModuleList(blocks(channels, channels) for channels in wide)
        self.to_coarser = nn.ModuleList(
            nn.Conv3d(a, b, 3, strides, 1)
            for (a, b), strides in zip(pairwise(wide), self.strides, strict=True)
        )
        self.before_attention = Blocks(wide[-1], wide[-1], width, 1, dropout)
        self.attention = Block(wide[-1], heads, width, dropout)
        self.after_attention = Blocks(wide[-1], wide[-1], width, 1, dropout)
        self.to_finer = nn.ModuleList(nn.Conv3d(b, a, 3, padding=1) for a, b in pairwise(wide))
        self.up = nn.ModuleList(blocks(2 * channels, channels) for channels in wide)
        self.last = norm(wide[0])
        self.leave = nn.Conv3d(wide[0], c, 3, padding=1)

    def forward(self, zt: Latent, condition: Vector, maps: list[Map]) -> Latent:
        """zt (B, c, t, h, w), condition (B, width), a map of frame 0 for each level."""
        h, left = self.enter(zt), []
        for level, seen in enumerate(maps):
            if level:
                h = self.to_coarser[level - 1](h)
            h = h + at_cells(seen, (h.shape[3], h.shape[4]))[:, :, None]
            h = self.down[level](h, condition)
            left.append(h)
        h = self._coarsest(h, condition)
        for level in reversed(range(len(left))):
            h = self.up[level](torch.cat([h, left[level]], dim=1), condition)
            if level:
                finer = left[level - 1].shape[2:]
                h = self.to_finer[level - 1](F.interpolate(h, finer, mode="nearest"))
        out: torch.Tensor = self.leave(F.silu(self.last(h)))
        return out

    def _coarsest(self, h: Volume, condition: Vector) -> Volume:
        h = self.before_attention(h, condition)
        tokens = self.attention(h.flatten(2).transpose(1, 2), condition)
        mixed: torch.Tensor = tokens.transpose(1, 2).reshape(h.shape)
        return self.after_attention(mixed, condition)


class Blocks(nn.Module):
    """Residual blocks one after the other; the first takes other channels in."""

    def __init__(
        self, first: int, channels: int, condition_width: int, depth: int, dropout: float
    ) -> None:
        super().__init__()
        before = [first, *[channels] * (depth - 1)]
        self.blocks = nn.ModuleList(Residual(b, channels, condition_width, dropout) for b in before)

    def forward(self, x: Volume, condition: Vector) -> Changed:
        """Features (B, first, T, H, W) to (B, channels, T, H, W), condition (B, e)."""
        for block in self.blocks:
            x = block(x, condition)
        return x


class Residual(nn.Module):
    """Two convolutions around a shortcut, scaled and shifted in between as the condition says."""

    def __init__(
        self, before: int, channels: int, condition_width: int, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.norms = nn.ModuleList([norm(before), norm(channels)])
        self.first = nn.Conv3d(before, channels, 3, padding=1)
        self.second = nn.Conv3d(channels, channels, 3, padding=1)
        self.to_scale_and_shift = nn.Linear(condition_width, 2 * channels)
        self.dropout = nn.Dropout(dropout)
        same = before == channels
        self.shortcut = nn.Identity() if same else nn.Conv3d(before, channels, 1)

    def forward(self, x: Volume, condition: Vector) -> Changed:
        """Features (B, before, T, H, W) to (B, channels, T, H, W), condition (B, e)."""
        h = self.first(F.silu(self.norms[0](x)))
        scale, shift = self.to_scale_and_shift(condition)[:, :, None, None, None].chunk(2, dim=1)
        h = F.silu(self.norms[1](h) * (1 + scale) + shift)
        out: torch.Tensor = self.shortcut(x) + self.second(self.dropout(h))
        return out
