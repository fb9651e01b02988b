"""Stage 2: learn the diffusion model of the latents, given frame 0."""

from __future__ import annotations

import torch
from torch import Tensor

from generators.autoencoder.layout import Layout
from generators.lddm.condition import UNKNOWN
from generators.lddm.prior import Prior
from generators.lddm.settings import STAGE_2, Settings
from generators.two_stage.latents import LatentSet
from generators.two_stage.stage import Batch, Stage
from plugins.order import Order
from plugins.run import Run
from plugins.seeds import derive

DENOISER = "denoiser.safetensors"
_STAGE = Stage("denoiser", DENOISER, STAGE_2)


def fit_prior(
    settings: Settings,
    layout: Layout,
    latents: LatentSet,
    n_clips: int,
    run: Run,
    classes: tuple[str, ...] = (),
) -> Prior:
    """Learn the prior, or continue or take from ``run.folder`` what is already learned.

    Args:
        settings: of both stages.
        layout: of the autoencoder.
        latents: of the training clips, with their labels.
        n_clips: how many clips these are.
        run: its folder holds the weights.
        classes: that the labels index, where the class is a condition.

    Raises:
        TrainingError: the folder holds another training's files, or
            `plugins.training.train` fails.
    """
    model = _STAGE.initial(lambda: Prior(settings, layout, classes), run)
    model.scale.measure(latents)
    near = latents.to(run.device) if latents.fits(run.device) else latents
    batches = Latents(near, settings, run.derive("denoiser"))
    _STAGE.learn(
        model,
        lambda batch: model.loss(batches.filled(batch)),
        batches,
        n_clips,
        settings,
        layout.shape,
        run,
        settings.ema,
        settings.denoiser_weight_decay,
        {"classes": list(classes)},
    )
    return model


class Latents:
    """The batch of a step, as `Prior.loss` wants it; all draws from (seed, step).

    A set on the CPU is read here, by loader threads; of one on the
    training's device the batch says what to read, and `filled` reads it.

    Args:
        latents: of the training clips.
        settings: batch size, T, and what is done to the condition.
        seed: of all draws.
    """

    def __init__(self, latents: LatentSet, settings: Settings, seed: int) -> None:
        self._latents, self._settings, self._seed = latents, settings, seed
        self._order = Order([range(len(latents))], settings.denoiser_batch, seed)
        self._on_cpu = latents.mean.device.type == "cpu"

    def __call__(self, step: int) -> Batch:
        """Draw a step."""
        n, settings = self._settings.denoiser_batch, self._settings
        shape = tuple(self._latents.mean.shape[1:])
        generator = torch.Generator().manual_seed(derive(self._seed, "noise", step))
        batch = {
            "indices": torch.tensor(self._order(step)),
            "posterior_noise": torch.randn(n, *shape, generator=generator),
            "t": torch.randint(1, settings.diffusion_steps + 1, (n,), generator=generator),
            "epsilon": torch.randn(n, *shape, generator=generator),
            "chance": torch.rand(n, generator=generator),
        }
        if settings.condition_noise:
            image = self._latents.images.shape[1:]
            level = settings.condition_noise * torch.rand(n, 1, 1, 1, generator=generator)
            batch["image_noise"] = level * torch.randn(n, *image, generator=generator)
        return self.filled(batch) if self._on_cpu else batch

    def filled(self, batch: Batch) -> Batch:
        """The batch with its latents and their conditions, where it has none yet."""
        if "z" in batch:
            return batch
        z, images, labels = self._latents.draw(batch["indices"], batch["posterior_noise"])
        if "image_noise" in batch:
            images = (images + batch["image_noise"]).clamp(0, 1)
        dropped, labels = drop(batch["chance"], labels, self._settings.condition_drop)
        read = {"z": z, "images": images, "labels": labels, "dropped": dropped}
        return read | {name: batch[name] for name in ("t", "epsilon")}


def drop(chance: Tensor, labels: Tensor, probability: float) -> tuple[Tensor, Tensor]:
    """Which conditions are dropped, and the labels without those that are.

    Image and class are dropped together, as guidance wants it, with the
    probability; with the same probability again the class alone.

    Args:
        chance: (B,), uniform in [0, 1).
        labels: (B,).
        probability: at most 0.5.
    """
    return chance < probability, labels.masked_fill(chance < 2 * probability, UNKNOWN)
