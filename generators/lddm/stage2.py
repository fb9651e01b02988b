"""Stage 2: learn the diffusion model of the latents, given frame 0."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from generators.autoencoder.layout import Layout
from generators.lddm.checks import notes_of
from generators.lddm.latents import LatentSet
from generators.lddm.prior import Prior
from generators.lddm.settings import STAGE_2, Settings
from plugins.order import Order
from plugins.reproducible import seeded
from plugins.run import Run
from plugins.seeds import derive
from plugins.training import train

DENOISER = "denoiser.safetensors"

Batch = dict[str, Tensor]


def fit_prior(settings: Settings, layout: Layout, latents: LatentSet, run: Run) -> Prior:
    """Learn the prior, or continue or take from ``run.folder`` what is already learned.

    Raises:
        TrainingError: the folder holds another training's files, or
            `plugins.training.train` fails.
    """
    path = run.folder / DENOISER
    notes = notes_of(path, settings.chosen(STAGE_2), layout.shape)
    with seeded(run.derive("denoiser", "initial weights")):
        model = Prior(settings, layout)
    model.scale.measure(latents)
    train(
        model,
        model.loss,
        stage2_batches(
            latents, settings.denoiser_batch, settings.diffusion_steps, run.derive("denoiser")
        ),
        settings.denoiser_steps,
        run,
        recipe=settings.recipe(settings.denoiser_lr, settings.ema),
        stage="denoiser",
        weights=DENOISER,
        notes=notes,
        checkpoint_every=settings.checkpoint_every,
        called={"lr": "denoiser_lr", "batch_size": "denoiser_batch"},
    )
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
