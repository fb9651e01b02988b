"""What can be set of the autoencoder's networks, and what each default rests on.

Where a paper states a value it is given; what it leaves open is a parameter here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from generators.autoencoder.layout import Layout
from plugins.generator import Generator

ARCHITECTURE = (
    "head",
    "latent",
    "latent_channels",
    "latent_size",
    "temporal_factor",
    "spatial_factor",
    "stem_stride",
    "base_channels",
    "correlation",
)
"""The fields of `Architecture`; all weights depend on them."""


class Architecture(Generator):
    """The fields that decide which weights there are.

    The LDDM paper's 3D ResNet-18 is ``stem_stride = 2``, ``base_channels = 64``,
    ``temporal_factor = 8``, ``spatial_factor = 16``, ``correlation = 0``. The
    cINN's autoencoder is nearest with ``latent = "vector"``, ``head = "pixels"``,
    ``temporal_factor = 16``, ``spatial_factor`` 32 at 128 px or 16 at 64 px, and
    the same stem; `encoder` and `decoder` say what differs.
    """

    head: Literal["warp", "pixels"] = "warp"
    """What the decoder emits: ``pixels``, as the paper's, or ``warp``: a
    displacement field that moves frame 0, with a bounded residual. In
    minutes of training the first gives a smear, the second motion."""

    latent: Literal["grid", "vector"] = "grid"
    """Form of z: a ``grid`` of cells, as the paper's [T/r, H/r, W/r, C/r], or a
    ``vector`` for the whole clip, as the cINN's."""

    latent_channels: Annotated[int, Field(ge=1, le=256)] = 8
    """c of a grid, the paper's C/r, whose value it does not give. With 4 a prototype
    lost 0.3 dB on simulated clips. A vector has ``latent_size`` instead."""

    latent_size: Annotated[int, Field(ge=1, le=4096)] = 64
    """Numbers in a vector, the cINN's 64; ``latent = "vector"`` only."""

    temporal_factor: Literal[1, 2, 4, 8, 16, 32] = 4
    """T/t, the paper's r, whose value it does not give. For a vector, of the
    encoder's last features, which it is read from (the cINN's: 16)."""

    spatial_factor: Literal[1, 2, 4, 8, 16, 32, 64] = 16
    """H/h; with 16, 64 x 64 pixels become 4 x 4 cells, enough for smooth motion.
    For a vector as above (the cINN's leaves 4 x 4); a larger image wants a larger
    factor there, as each cell has weights of its own."""

    stem_stride: Literal[2, 4, 8] = 4
    """Stride of the encoder's first convolution. 2 makes it the paper's
    3D ResNet-18 (with ``base_channels`` 64) and four times as slow."""

    base_channels: Annotated[int, Field(ge=8, le=256, multiple_of=4)] = 16
    """Channels after the first convolution; ResNet-18 has 64."""

    correlation: Annotated[int, Field(ge=0, le=8)] = 3
    """The encoder also sees how well blocks match the frame before at shifts
    of up to so many pixels (see `generators.autoencoder.correlation`);
    0 for none, as the paper's."""

    @model_validator(mode="after")
    def _strides_fit(self) -> Architecture:
        if self.stem_stride > self.spatial_factor:
            raise ValueError(
                f"stem_stride ({self.stem_stride}) must not exceed spatial_factor "
                f"({self.spatial_factor})"
            )
        return self

    def layout(self, shape: tuple[int, int, int, int]) -> Layout:
        """The autoencoder's sizes for clips of a shape (C, T, H, W).

        Raises:
            DataError: they do not suit the shape; names the parameter to change.
        """
        vector = self.latent == "vector"
        return Layout(
            shape=shape,
            latent=self.latent,
            latent_channels=self.latent_size if vector else self.latent_channels,
            temporal_factor=self.temporal_factor,
            spatial_factor=self.spatial_factor,
            stem_stride=self.stem_stride,
            base=self.base_channels,
            head=self.head,
            correlation=self.correlation,
        )
