"""The sizes of an autoencoder, checked before anything is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plugins.errors import DataError


@dataclass(frozen=True)
class Layout:
    """What shape goes in, what shape the latent has, and how wide the layers are.

    Attributes:
        shape: (C, T, H, W) of a clip.
        latent: ``grid``, z is (c, t, h, w); or ``vector``, c numbers for the whole clip.
        latent_channels: c.
        temporal_factor: T over the coarsest grid's t, a power of 2.
        spatial_factor: H over the coarsest grid's h, a power of 2.
        stem_stride: how much of the spatial factor the first convolution takes.
        base: channels after the first convolution; later ones are multiples.
        head: what the decoder emits, see `heads`.
        correlation: reach of the correlation volume in pixels, 0 for none.

    Raises:
        DataError: the sizes do not fit each other; names the parameter to change.
    """

    shape: tuple[int, int, int, int]
    latent_channels: int = 8
    temporal_factor: int = 4
    spatial_factor: int = 16
    stem_stride: int = 4
    base: int = 16
    head: Literal["warp", "pixels"] = "warp"
    correlation: int = 0
    latent: Literal["grid", "vector"] = "grid"

    def __post_init__(self) -> None:
        channels, frames, height, width = self.shape
        if channels not in (1, 3):
            raise DataError(f"clips have {channels} channels, must have 1 or 3: set clip.channels")
        if frames < 2:
            raise DataError("clips have 1 frame, and motion needs 2 or more: set clip.frames")
        for name in ("temporal_factor", "spatial_factor", "stem_stride"):
            if getattr(self, name) & (getattr(self, name) - 1):
                raise DataError(f"{name} = {getattr(self, name)} must be a power of 2")
        if self.stem_stride not in (2, 4, 8):
            raise DataError(f"stem_stride = {self.stem_stride} must be 2, 4 or 8")
        if frames % self.temporal_factor:
            raise DataError(
                f"clips of {frames} frames cannot be divided by temporal_factor = "
                f"{self.temporal_factor}: change one of them"
            )
        if height % self.spatial_factor or width % self.spatial_factor:
            raise DataError(
                f"clips of {height} x {width} pixels cannot be divided by spatial_factor = "
                f"{self.spatial_factor}: change clip.size or spatial_factor"
            )
        if self.stem_stride > self.spatial_factor:
            raise DataError(
                f"stem_stride = {self.stem_stride} must not exceed spatial_factor = "
                f"{self.spatial_factor}"
            )
        if self.grid == (1, 1, 1):
            raise DataError(
                f"clips of {frames} frames of {height} x {width} pixels become a single cell, "
                "which has no statistics to adapt: lower temporal_factor or spatial_factor"
            )

    @property
    def grid(self) -> tuple[int, int, int]:
        """(t, h, w), the cells of the coarsest features."""
        _, frames, height, width = self.shape
        return (
            frames // self.temporal_factor,
            height // self.spatial_factor,
            width // self.spatial_factor,
        )

    @property
    def latent_shape(self) -> tuple[int, int, int, int]:
        """(c, t, h, w); for a vector (c, 1, 1, 1)."""
        cells = (1, 1, 1) if self.latent == "vector" else self.grid
        return (self.latent_channels, *cells)

    @property
    def strides(self) -> list[tuple[int, int]]:
        """(temporal, spatial) stride of each stage after the first convolution.

        The first stage has none; time is reduced last.
        """
        spatial = (self.spatial_factor // self.stem_stride).bit_length() - 1
        temporal = self.temporal_factor.bit_length() - 1
        n = max(spatial, temporal)
        halved = [(2 if i >= n - temporal else 1, 2 if i >= n - spatial else 1) for i in range(n)]
        return [(1, 1), *halved]

    @property
    def widths(self) -> list[int]:
        """Channels of each stage: doubled at each, as in ResNet-18, up to 8 times the base."""
        return [self.base * min(2**i, 8) for i in range(len(self.strides))]
