"""Stage 2: learn the diffusion model of the latents, given frame 0."""

from __future__ import annotations

from collections.abc import Callable

import torch

from generators.autoencoder.layout import Layout
from generators.lddm.prior import Prior
from generators.lddm.settings import STAGE_2, Settings
from generators.two_stage.latents import LatentSet
from generators.two_stage.stage import Batch, Stage
from plugins.order import Order
from plugins.run import Run
from plugins.seeds import derive

DENOISER = "denoiser.safetensors"
_STAGE = Stage("denoiser", DENOISER, STAGE_2)


def fit_prior(settings: Settings, layout: Layout, latents: LatentSet, run: Run) -> Prior:
    """Learn the prior, or continue or take from ``run.folder`` what is already learned.

    Raises:
        TrainingError: the folder holds another training's files, or
            `plugins.training.train` fails.
    """
    model = _STAGE.initial(lambda: Prior(settings, layout), run)
    model.scale.measure(latents)
    batches = stage2_batches(
        latents, settings.denoiser_batch, settings.diffusion_steps, run.derive("denoiser")
    )
    _STAGE.learn(model, model.loss, batches, settings, layout.shape, run, settings.ema)
    return model


def stage2_batches(
    latents: LatentSet, batch_size: int, diffusion_steps: int, seed: int
) -> Callable[[int], Batch]:
    """The batch of a step, as `Prior.loss` wants it; all draws from (seed, step)."""
    order = Order([range(len(latents))], batch_size, seed)
    shape = tuple(latents.mean.shape[1:])

    def batch(step: int) -> Batch:
        generator = torch.Generator().manual_seed(derive(seed, "noise", step))
        z, images = latents.draw(order(step), torch.randn(batch_size, *shape, generator=generator))
        return {
            "z": z,
            "images": images,
            "t": torch.randint(1, diffusion_steps + 1, (batch_size,), generator=generator),
            "epsilon": torch.randn(batch_size, *shape, generator=generator),
        }

    return batch
