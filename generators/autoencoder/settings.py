"""What can be set of the autoencoder's training, within which bounds, and why.

The defaults learn on a CPU at 64 px within minutes. Where a paper
states a value it is given; what it leaves open is a parameter here.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from generators.autoencoder.architecture import ARCHITECTURE, Architecture
from generators.autoencoder.perceptual import WEIGHTS, resolve
from plugins.recipe import Amp, Recipe

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0)]
Weight = Annotated[float, Field(ge=0)]
Perceptual = Literal["auto", "lpips", "ms-ssim"]

BETAS = (0.5, 0.9)
"""Of the discriminators' Adam, as the cINN's."""

STAGE_1 = (
    *ARCHITECTURE,
    "mirror",
    "augment",
    "autoencoder_steps",
    "autoencoder_epochs",
    "autoencoder_batch",
    "autoencoder_lr",
    "lr_schedule",
    "l1_weight",
    "multiscale_weight",
    "gradient_weight",
    "kl_weight",
    "tracking_weight",
    "roughness_weight",
    "perceptual_weight",
    "perceptual",
    "spatial_weight",
    "temporal_weight",
    "feature_weight",
    "penalty_weight",
    "adversarial_from",
    "discriminator_lr",
    "discriminator_base",
    "clip_grad",
)
"""The fields that stage 1's weights depend on."""


class AutoencoderSettings(Architecture):
    """The fields of stage 1, and those that both stages share.

    Attributes:
        weights_if: see `plugins.weight_needs`.
    """

    weights_if: ClassVar[dict[str, tuple[str, ...]]] = {
        "perceptual_weight > 0, perceptual = lpips": (WEIGHTS,)
    }

    mirror: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Probability of a left-right mirror image in training; above 0, stage 2
    sees both. 0 where left and right differ."""

    augment: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Strength of random crops, contrasts and reversed time in stage 1, against
    overfitting to few videos; stage 2 sees the clips as they are."""

    autoencoder_steps: Count = 500
    """Optimizer steps of stage 1 (the paper: 100 "iterations", which can only
    be epochs). Motion is found within 200; the rest sharpens it."""

    autoencoder_epochs: Count | None = None
    """Passes over the training clips, in place of ``autoencoder_steps``; None: the
    steps, which cost the same whatever the number of clips."""

    autoencoder_batch: Count = 8
    """Clips per step of stage 1; not stated in the paper."""

    autoencoder_lr: Positive = 1e-3
    """Highest learning rate of stage 1. The paper's 1e-5 learns nothing in so
    few steps; 2e-3 found less motion than 1e-3."""

    lr_schedule: Literal["cosine", "constant"] = "cosine"
    """Learning rate in both stages: half a cosine down to 0, or unchanged; the
    paper states none."""

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

    perceptual_weight: Weight = 0.0
    """Weight of the perceptual loss, which the paper does not mention; the cINN's is
    30, beside 10 for the mean absolute difference. 0, as it is not tuned."""

    perceptual: Perceptual = "auto"
    """The perceptual loss: LPIPS (VGG), which needs a registered weight file,
    or 1 - MS-SSIM, which needs none. ``auto`` becomes the first where its file is
    registered, else the second, as soon as ``perceptual_weight`` is above 0: a
    result says which it was."""

    spatial_weight: Weight = 0.0
    """Weight of the discriminator of single frames; 0 for none. The paper mentions
    none, the cINN has both. 0, as it is not tuned, here and below."""

    temporal_weight: Weight = 0.0
    """Weight of the discriminator of whole clips; 0 for none."""

    feature_weight: Weight = 10.0
    """Weight of feature matching within each discriminator's share; the cINN's."""

    penalty_weight: Weight = 10.0
    """Weight of the gradient penalty of the discriminator of clips (gamma of R1);
    the cINN's, and R1's own."""

    adversarial_from: Annotated[int, Field(ge=0)] = 200
    """Steps before the discriminators begin (the cINN's: one epoch): motion is
    found by then, and what is left to judge is sharpness."""

    discriminator_lr: Positive = 2e-4
    """Highest learning rate of the discriminators; the cINN's."""

    discriminator_base: Annotated[int, Field(ge=8, le=128, multiple_of=4)] = 64
    """Channels of the discriminators' first layers: ResNet-18's and PatchGAN's 64;
    on a CPU rather 16."""

    clip_grad: Positive | None = 1.0
    """Largest norm of the gradient in both stages."""

    amp: Amp = "auto"
    """Mixed precision in training: ``auto`` is bf16 on a CUDA device that has it."""

    checkpoint_every: Count = 200
    """Steps between two checkpoints; no effect on the result."""

    @field_validator("perceptual")
    @classmethod
    def _perceptual_loss_is_named(cls, kind: Perceptual, info: Any) -> Perceptual:
        """Where it counts, ``auto`` must not mean another loss on another day."""
        return resolve(kind) if info.data.get("perceptual_weight") else kind

    @model_validator(mode="after")
    def _discriminators_take_part(self) -> AutoencoderSettings:
        if self.autoencoder_epochs is None:
            self.refuse_idle_discriminators(self.autoencoder_steps)
        return self

    @property
    def weights(self) -> tuple[str, ...]:
        """The registered weight files that the loss needs; see `plugins.weight_needs`."""
        return (WEIGHTS,) if self.perceptual_weight and self.perceptual == "lpips" else ()

    @property
    def adversarial(self) -> bool:
        """Whether there is a discriminator."""
        return self.spatial_weight > 0 or self.temporal_weight > 0

    def refuse_idle_discriminators(self, steps: int) -> None:
        """Raise where stage 1 ends before its discriminators begin.

        Raises:
            ValueError: names both fields.
        """
        if self.adversarial and self.adversarial_from >= steps:
            raise ValueError(
                f"adversarial_from ({self.adversarial_from}) must be less than the {steps} steps "
                "of stage 1, or the discriminators never take part: lower it, or raise "
                "autoencoder_steps"
            )

    def recipe(self, lr: float, ema: float | None = None) -> Recipe:
        """How either stage's weights are learned."""
        return Recipe(
            optimizer="adam",
            lr=lr,
            schedule=self.lr_schedule,
            clip_grad=self.clip_grad,
            ema=ema,
            ema_warmup=10 if ema else 0,
            amp=self.amp,
        )

    def discriminator_recipe(self) -> Recipe:
        """How the discriminators' weights are learned: Adam, as the cINN's."""
        return Recipe(
            optimizer="adam",
            lr=self.discriminator_lr,
            betas=BETAS,
            schedule=self.lr_schedule,
            clip_grad=self.clip_grad,
            amp=self.amp,
        )

    def chosen(self, fields: tuple[str, ...]) -> dict[str, Any]:
        """The values of some fields, as JSON values."""
        parameters = self.parameters()
        return {name: parameters[name] for name in fields}
