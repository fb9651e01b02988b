"""LDDM's parameters: what can be set, within which bounds, and why its default is what it is.

Those of stage 1 are the autoencoder's, and some of stage 2 any prior's.
Where the paper states a value it is given; what it leaves open is a
parameter here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from generators.autoencoder.settings import STAGE_1, Count, Positive, Weight
from generators.lddm.denoiser import NetworkName
from generators.lddm.diffusion import Prediction
from generators.lddm.samplers import SamplerName
from generators.lddm.schedules import ScheduleName
from generators.two_stage.settings import TwoStageSettings

STAGE_2 = (
    *STAGE_1,
    "denoiser",
    "denoiser_width",
    "denoiser_depth",
    "denoiser_heads",
    "unet_levels",
    "denoiser_dropout",
    "denoiser_weight_decay",
    "denoiser_views",
    "denoiser_augment",
    "condition_drop",
    "condition_noise",
    "class_conditioning",
    "denoiser_steps",
    "denoiser_epochs",
    "denoiser_batch",
    "denoiser_lr",
    "ema",
    "diffusion_steps",
    "schedule",
    "prediction",
)
"""The fields that stage 2's weights depend on."""


class Settings(TwoStageSettings):
    """The fields of LDDM, stage by stage."""

    denoiser: NetworkName = "transformer"
    """``transformer``: every cell of the latent attends to every other, for the
    few cells that there are by default; or ``unet``: a 3D U-Net, for large
    grids (``spatial_factor`` 2 to 8). The paper names neither."""

    denoiser_width: Annotated[int, Field(ge=16, le=2048, multiple_of=16)] = 160
    """Channels of the denoiser's tokens; of the U-Net at its finest level, where 32
    to 64 are enough, for they are doubled at each coarser one, up to 4 times."""

    denoiser_depth: Annotated[int, Field(ge=1, le=64)] = 4
    """Transformer blocks; with the width, about 2 million parameters. Of the U-Net:
    residual blocks per level, down and up; 1 or 2 are enough."""

    denoiser_heads: Literal[1, 2, 4, 8, 16] = 4
    """Attention heads."""

    unet_levels: Annotated[int, Field(ge=1, le=6)] = 3
    """Grid sizes of the U-Net, each with half the cells along each axis that is
    even; attention is at the coarsest. ``denoiser = "unet"`` only."""

    denoiser_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of activations dropped in stage 2's training, against overfitting to
    few videos, which makes the samples of an image too alike. ``denoiser_views``
    did enough."""

    denoiser_weight_decay: Weight = 0.0
    """AdamW's weight decay in stage 2, against the same; 0: plain Adam, as the paper's."""

    denoiser_views: Annotated[int, Field(ge=0, le=64)] = 8
    """Random views of each clip that stage 2 also learns from, against the same:
    latents of crops, of other contrasts and of reversed time. With few videos an
    image's samples are otherwise nearly one and the same motion."""

    denoiser_augment: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Strength of these views, as that of ``augment``; no effect without views."""

    condition_drop: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Probability that stage 2 learns without the image (and the class), which
    ``guidance`` needs; 0.1 to 0.2 is usual. With ``class_conditioning`` as
    many again lose the class alone, so that it may be unknown."""

    denoiser_steps: Count = 400
    """Optimizer steps of stage 2 (the paper: 50 "iterations")."""

    denoiser_epochs: Count | None = None
    """Passes over the training clips, in place of ``denoiser_steps``; None: the steps.
    A step draws from the clips' latents, of which each clip may have several."""

    denoiser_batch: Count = 32
    """Latents per step of stage 2; the paper's is 16."""

    denoiser_lr: Positive = 1e-3
    """Highest learning rate of stage 2; the paper's is 0.01."""

    diffusion_steps: Annotated[int, Field(ge=2, le=10000)] = 1000
    """T of the forward process; DDPM's 1000."""

    schedule: ScheduleName = "cosine"
    """Noise schedule: DDPM's ``linear``, Nichol and Dhariwal's ``cosine``, or a
    ``constant`` beta; the paper does not say. The cosine spends fewer steps
    where there is nearly nothing but noise."""

    prediction: Prediction = "v"
    """What the denoiser predicts: ``noise``, as the paper's, or ``v``, which
    stays well-posed where there is no signal left."""

    sampler: SamplerName = "ddim"
    """``ddim``, ``ddpm``: ancestral sampling, or ``dpm-solver++``: of second order,
    with as many evaluations more accurate than DDIM. The paper does not say which."""

    sampler_steps: Count = 25
    """Denoiser evaluations per sample. In a prototype 50 were hardly better, and 5
    lost a third of the motion."""

    eta: Annotated[float, Field(ge=0, le=1)] = 0.0
    """DDIM's share of fresh noise per step."""

    guidance: Annotated[float, Field(ge=0)] = 1.0
    """Classifier-free guidance: 1 is none; more follows image and class more
    closely, at the price of variety. It needs ``condition_drop``, and twice
    the evaluations. 0 asks for no image at all."""

    latent_limit: Positive | None = 5.0
    """Largest predicted latent, in standard deviations of the training set's;
    None: no limit. It keeps noise prediction from blowing up at t = T."""

    @model_validator(mode="after")
    def _steps_fit(self) -> Settings:
        if self.sampler_steps > self.diffusion_steps:
            raise ValueError(
                f"sampler_steps ({self.sampler_steps}) must not exceed diffusion_steps "
                f"({self.diffusion_steps})"
            )
        return self

    @model_validator(mode="after")
    def _guidance_was_learned(self) -> Settings:
        if self.guidance != 1 and not self.condition_drop:
            raise ValueError(
                f"guidance ({self.guidance:g}) needs a denoiser that has also learned without "
                "the image: set condition_drop (0.1 is usual), or guidance to 1"
            )
        return self
