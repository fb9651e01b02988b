"""cINN's parameters: what can be set, within which bounds, and why its default is what it is.

Those of stage 1 are the autoencoder's, and some of stage 2 any prior's.
The budget of stage 2 is LDDM's, so that the two can be compared.
"The reference" is the code of Dorkenwald et al. (CVPR 2021).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from generators.autoencoder.perceptual import WEIGHTS
from generators.autoencoder.settings import STAGE_1, Count, Positive, Weight
from generators.two_stage.settings import TwoStageSettings

ConditionName = Literal["joint", "image-autoencoder"]
Several = Annotated[int, Field(ge=2)]

IMAGE_STAGE = (
    "mirror",
    "flow_views",
    "flow_augment",
    "spatial_factor",
    "condition_size",
    "image_steps",
    "image_epochs",
    "image_batch",
    "image_lr",
    "image_perceptual_weight",
    "perceptual",
    "lr_schedule",
    "clip_grad",
)
"""The fields that the image autoencoder's weights depend on."""

STAGE_2 = (
    *STAGE_1,
    "flow_blocks",
    "flow_width",
    "flow_depth",
    "flow_limit",
    "flow_views",
    "flow_augment",
    "flow_steps",
    "flow_epochs",
    "flow_batch",
    "flow_lr",
    "flow_beta2",
    "flow_amsgrad",
    "flow_halving_epochs",
    "condition",
    "condition_size",
    "condition_drop",
    "condition_noise",
    "class_conditioning",
    "ema",
    "image_steps",
    "image_epochs",
    "image_batch",
    "image_lr",
    "image_perceptual_weight",
)
"""The fields that stage 2's weights depend on."""


class Settings(TwoStageSettings):
    """The fields of the cINN, stage by stage.

    Attributes:
        weights_if: see `plugins.weight_needs`.
    """

    weights_if: ClassVar[dict[str, tuple[str, ...]]] = {
        **TwoStageSettings.weights_if,
        "image_perceptual_weight > 0, perceptual = lpips, condition = image-autoencoder": (
            WEIGHTS,
        ),
    }

    latent: Literal["vector"] = "vector"
    """The form of z, which the flow needs: a ``vector`` for the whole clip. `lddm` with
    ``latent = "vector"`` shares stage 1, so that only the prior differs."""

    latent_size: Annotated[int, Field(ge=2, le=4096)] = 64
    """Numbers in the vector; the reference's 64. At least 2, the halves of a coupling."""

    flow_blocks: Annotated[int, Field(ge=1, le=128)] = 20
    """Blocks of the flow; the reference's."""

    flow_width: Annotated[int, Field(ge=4, le=4096)] = 72
    """Width of the couplings' hidden layers. With 72 stage 2 has about as many
    parameters as LDDM's (2.2 million); the reference's is 512, which makes 50 million."""

    flow_depth: Annotated[int, Field(ge=1, le=8)] = 3
    """Hidden layers in each network of a coupling; the reference's."""

    flow_limit: Positive | None = 2.0
    """Bound of a coupling's log-scale, by a tanh, so that no sample explodes at 100 times
    the reference's learning rate; None: no bound, as in the reference."""

    flow_views: Annotated[int, Field(ge=0, le=64)] = 8
    """Random views of each clip that stage 2 also learns from, as LDDM's do: latents of
    crops, of other contrasts and of reversed time."""

    flow_augment: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Strength of these views, as that of ``augment``; no effect without views."""

    flow_steps: Count = 400
    """Optimizer steps of stage 2; LDDM's."""

    flow_epochs: Count | None = None
    """Passes over the training clips, in place of ``flow_steps``; None: the steps. The
    reference's: 31."""

    flow_batch: Several = 32
    """Latents per step of stage 2; LDDM's (the reference: 50). At least 2, for ActNorm
    starts from the spread of the first batch."""

    flow_lr: Positive = 1e-3
    """Highest learning rate of stage 2; LDDM's. The reference's 1e-5 is for far more steps."""

    flow_beta2: Annotated[float, Field(ge=0, lt=1)] = 0.999
    """Decay of Adam's second moment in stage 2; Adam's usual one (the reference: 0.99)."""

    flow_amsgrad: bool = False
    """AMSGrad in stage 2's Adam, as in the reference; off, as in LDDM's."""

    flow_halving_epochs: Count | None = None
    """Halve stage 2's learning rate each time so many epochs are over, in place of
    ``lr_schedule``, as the reference does every 6; None: not. It needs ``flow_epochs``."""

    condition: ConditionName = "joint"
    """How the flow sees frame 0: ``joint``: by a small network that learns with it, the same as
    LDDM's; or ``image-autoencoder``: by the encoder of an image autoencoder that
    was trained before and is frozen, as in the reference."""

    condition_size: Annotated[int, Field(ge=8, le=2048, multiple_of=4)] = 128
    """Numbers that tell the flow of frame 0; the reference's."""

    condition_drop: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Probability that stage 2 learns without the class, which may then be unknown;
    ``class_conditioning`` only. The image is always seen."""

    temperature: Annotated[float, Field(gt=0, le=2)] = 1.0
    """Standard deviation of the noise that samples are made of; 1 is the flow's own
    distribution, less is nearer to its centre and less varied."""

    image_steps: Count = 400
    """Optimizer steps of the image autoencoder (this and the following:
    ``condition = "image-autoencoder"`` only)."""

    image_epochs: Count | None = None
    """Passes over the training clips, one frame of each, in place of ``image_steps``;
    None: the steps. The reference's: 200."""

    image_batch: Several = 32
    """Frames per step; the reference's 30, and at least 2, for batch normalisation."""

    image_lr: Positive = 2e-4
    """Highest learning rate of the image autoencoder; the reference's."""

    image_perceptual_weight: Weight = 0.0
    """Weight of the loss that ``perceptual`` names, beside 1 for the mean absolute
    difference; the reference's is 1. 0, as LPIPS needs a registered weight file."""

    @field_validator("latent", mode="before")
    @classmethod
    def _latent_is_a_vector(cls, form: Any) -> Any:
        if form == "grid":
            raise ValueError(
                "the cINN's flow maps one vector per clip: leave latent out, or use lddm for a grid"
            )
        return form

    @property
    def weights(self) -> tuple[str, ...]:
        """The registered weight files that the losses need; see `plugins.weight_needs`."""
        of_images = self.image_perceptual_weight and self.condition == "image-autoencoder"
        return (WEIGHTS,) if of_images and self.perceptual == "lpips" else super().weights

    @model_validator(mode="after")
    def _halving_has_epochs(self) -> Settings:
        if self.flow_halving_epochs is not None and self.flow_epochs is None:
            raise ValueError(
                f"flow_halving_epochs ({self.flow_halving_epochs}) counts epochs: set flow_epochs "
                "too, or leave it out"
            )
        return self

    @model_validator(mode="after")
    def _perceptual_loss_of_images_is_named(self) -> Settings:
        if self.image_perceptual_weight and self.perceptual == "auto":
            raise ValueError(
                f"image_perceptual_weight ({self.image_perceptual_weight:g}) needs a loss that is "
                "the same everywhere: set perceptual to 'lpips' or 'ms-ssim'"
            )
        return self
