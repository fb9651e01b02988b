"""What can be set of every stage 2 and of sampling, whatever model of the latents it learns."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from generators.autoencoder.settings import AutoencoderSettings
from generators.two_stage.backoff import BatchSize
from plugins.recipe import Amp


class TwoStageSettings(AutoencoderSettings):
    """The fields of stage 1, those that any stage 2 has, and those of sampling."""

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

    sample_batch: BatchSize = "auto"
    """Images at a time in sampling and encoding; no effect on a sample but its
    last digits. ``auto``: 16; in sampling on CUDA, after the first 16 of a call,
    as many as memory takes. Where memory runs out the batch is halved."""

    sample_amp: Amp = "off"
    """Mixed precision in sampling. Off, since a sample then differs by rounding
    alone whatever its batch; with ``bf16`` an untrained network's samples
    in batches of 1 and of 6 differed by up to 0.02 on a CPU."""

    compile: bool = False
    """Compile the network that samples are drawn with by `torch.compile`, and on
    CUDA record it as a graph. Each size of batch costs the compiler's time at
    the start, up to minutes; it is meant for many images or steps on CUDA. It
    wants Triton there and a C++ compiler on the CPU; without, sampling runs
    uncompiled, with a warning. Samples differ in their last digits."""
