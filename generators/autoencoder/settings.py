"""What can be set of the autoencoder and its training, within which bounds, and why.

The defaults learn on a CPU at 64 px within minutes. Where a paper
states a value it is given; what it leaves open is a parameter here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from generators.autoencoder.layout import Layout
from plugins.generator import Generator
from plugins.recipe import Amp, Recipe

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Factor = Literal[1, 2, 4, 8, 16, 32]


STAGE_1 = (
    "head",
    "latent_channels",
    "temporal_factor",
    "spatial_factor",
    "stem_stride",
    "base_channels",
    "correlation",
    "mirror",
    "augment",
    "autoencoder_steps",
    "autoencoder_batch",
    "autoencoder_lr",
    "l1_weight",
    "multiscale_weight",
    "gradient_weight",
    "kl_weight",
    "tracking_weight",
    "roughness_weight",
    "clip_grad",
)
"""The fields that stage 1's weights depend on."""


class AutoencoderSettings(Generator):
    """The fields of stage 1, and those that both stages share."""

    head: Literal["warp", "pixels"] = "warp"
    """What the decoder emits: ``pixels``, as the paper's, or ``warp``: a
    displacement field that moves frame 0, with a bounded residual. In
    minutes of training the first gives a smear, the second motion."""

    latent_channels: Annotated[int, Field(ge=1, le=256)] = 8
    """c, the paper's C/r, whose value it does not give. With 4 a prototype lost
    0.3 dB on simulated clips."""

    temporal_factor: Literal[1, 2, 4, 8, 16] = 4
    """T/t, the paper's r, whose value it does not give."""

    spatial_factor: Factor = 16
    """H/h; with 16, 64 x 64 pixels become 4 x 4 cells, enough for smooth motion."""

    stem_stride: Literal[2, 4, 8] = 4
    """Stride of the encoder's first convolution. 2 makes it the paper's
    3D ResNet-18 (with ``base_channels`` 64) and four times as slow."""

    base_channels: Annotated[int, Field(ge=8, le=256, multiple_of=4)] = 16
    """Channels after the first convolution; ResNet-18 has 64."""

    correlation: Annotated[int, Field(ge=0, le=8)] = 3
    """The encoder also sees how well blocks match the frame before at shifts
    of up to so many pixels (see `generators.autoencoder.correlation`);
    0 for none, as the paper's."""

    mirror: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Probability of a left-right mirror image in training; above 0, stage 2
    sees both. 0 where left and right differ."""

    augment: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Strength of random crops, contrasts and reversed time in stage 1, against
    overfitting to few videos; stage 2 sees the clips as they are."""

    autoencoder_steps: Count = 500
    """Optimizer steps of stage 1 (the paper: 100 "iterations", which can only
    be epochs). Motion is found within 200; the rest sharpens it."""

    autoencoder_batch: Count = 8
    """Clips per step of stage 1; not stated in the paper."""

    autoencoder_lr: Positive = 1e-3
    """Highest learning rate of stage 1. The paper's 1e-5 learns nothing in so
    few steps; 2e-3 found less motion than 1e-3."""

    l1_weight: Weight = 1.0
    """Weight of the mean absolute difference of pixels."""

    multiscale_weight: Weight = 1.0
    """Weight of the same after averaging over 2, 4 and 8 pixels: it finds
    motion larger than the speckle."""

    gradient_weight: Weight = 0.0
    """Weight of the difference of image gradients, against blur; a moved
    image (``head = "warp"``) is sharp without it."""

    kl_weight: Weight = 1e-4
    """Weight of the KL divergence; the cINN's 1e-6 to 1e-4."""

    tracking_weight: Weight = 0.2
    """Weight of the field's mean difference, in pixels per frame, from the
    motion that block matching finds; ``head = "warp"`` with ``correlation``
    only; it helps where few steps are made."""

    roughness_weight: Weight = 0.0
    """Weight of the field's mean absolute strain; ``head = "warp"`` only."""

    sample_batch: Count = 16
    """Images at a time in sampling and encoding; no effect on a sample."""

    clip_grad: Positive | None = 1.0
    """Largest norm of the gradient in both stages."""

    amp: Amp = "auto"
    """Mixed precision in training: ``auto`` is bf16 on a CUDA device that has it."""

    checkpoint_every: Count = 200
    """Steps between two checkpoints; no effect on the result."""

    @model_validator(mode="after")
    def _strides_fit(self) -> AutoencoderSettings:
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
        return Layout(
            shape=shape,
            latent_channels=self.latent_channels,
            temporal_factor=self.temporal_factor,
            spatial_factor=self.spatial_factor,
            stem_stride=self.stem_stride,
            base=self.base_channels,
            head=self.head,
            correlation=self.correlation,
        )

    def recipe(self, lr: float, ema: float | None = None) -> Recipe:
        """How either stage's weights are learned."""
        return Recipe(
            optimizer="adamw",
            lr=lr,
            schedule="cosine",
            clip_grad=self.clip_grad,
            ema=ema,
            ema_warmup=10 if ema else 0,
            amp=self.amp,
        )

    def chosen(self, fields: tuple[str, ...]) -> dict[str, Any]:
        """The values of some fields, as JSON values."""
        parameters = self.parameters()
        return {name: parameters[name] for name in fields}
