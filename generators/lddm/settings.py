"""LDDM's parameters: what can be set, within which bounds, and why its default is what it is.

Those of stage 1 are the autoencoder's. Where the paper states a value it
is given; what it leaves open is a parameter here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from generators.autoencoder.settings import STAGE_1, AutoencoderSettings, Count, Positive
from generators.lddm.diffusion import Prediction, ScheduleName
from generators.lddm.samplers import SamplerName

STAGE_2 = (
    *STAGE_1,
    "denoiser_width",
    "denoiser_depth",
    "denoiser_heads",
    "denoiser_steps",
    "denoiser_batch",
    "denoiser_lr",
    "ema",
    "diffusion_steps",
    "schedule",
    "prediction",
)
"""The fields that stage 2's weights depend on."""


class Settings(AutoencoderSettings):
    """The fields of LDDM, stage by stage."""

    denoiser_width: Annotated[int, Field(ge=16, le=2048, multiple_of=16)] = 160
    """Channels of the denoiser's tokens."""

    denoiser_depth: Annotated[int, Field(ge=1, le=64)] = 4
    """Transformer blocks; with the width, about 2 million parameters."""

    denoiser_heads: Literal[1, 2, 4, 8, 16] = 4
    """Attention heads."""

    denoiser_steps: Count = 400
    """Optimizer steps of stage 2 (the paper: 50 "iterations")."""

    denoiser_batch: Count = 32
    """Latents per step of stage 2; the paper's is 16."""

    denoiser_lr: Positive = 1e-3
    """Highest learning rate of stage 2; the paper's is 0.01."""

    ema: Annotated[float, Field(gt=0, lt=1)] | None = 0.99
    """Decay of the moving average of stage 2's weights, which samples are
    made with; None: the last weights. 0.99 spans 100 steps; longer
    trainings want 0.999 or more."""

    diffusion_steps: Annotated[int, Field(ge=2, le=10000)] = 1000
    """T of the forward process; DDPM's 1000."""

    schedule: ScheduleName = "cosine"
    """Noise schedule: DDPM's ``linear`` or Nichol and Dhariwal's ``cosine``."""

    prediction: Prediction = "v"
    """What the denoiser predicts: ``noise``, as the paper's, or ``v``, which
    stays well-posed where there is no signal left."""

    sampler: SamplerName = "ddim"
    """``ddim``, or ``ddpm``: ancestral sampling. The paper does not say which."""

    sampler_steps: Count = 25
    """Denoiser evaluations per sample. In a prototype 50 were hardly better, and 5
    lost a third of the motion."""

    eta: Annotated[float, Field(ge=0, le=1)] = 0.0
    """DDIM's share of fresh noise per step."""

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
