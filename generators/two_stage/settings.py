"""What can be set of every stage 2, whatever model of the latents it learns."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from generators.autoencoder.settings import AutoencoderSettings


class TwoStageSettings(AutoencoderSettings):
    """The fields of stage 1, and those that any stage 2 has."""

    condition_noise: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Largest standard deviation of noise on the images in stage 2's training, in
    units of the intensity range, uniform from 0: the prior cannot know a
    video by its image (Ho et al. 2022, "Cascaded Diffusion Models", call it
    conditioning augmentation). Sampling sees the image as it is."""

    class_conditioning: bool = False
    """Condition stage 2 on the video's class too. The generator then reads labels,
    which the tables mark: the papers' do not."""

    ema: Annotated[float, Field(gt=0, lt=1)] | None = 0.99
    """Decay of the moving average of stage 2's weights, which samples are
    made with; None: the last weights. 0.99 spans 100 steps; longer
    trainings want 0.999 or more."""
