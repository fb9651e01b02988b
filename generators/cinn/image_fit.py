"""The stage of its own that learns the image autoencoder, on frames of the training clips."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from generators.autoencoder.augmentation import Augmentation
from generators.autoencoder.perceptual import perceptual_loss, resolve
from generators.cinn.image_autoencoder import ImageAutoencoder
from generators.cinn.settings import IMAGE_STAGE, Settings
from generators.two_stage.stage import Batch, Stage
from plugins.clips import ClipSet
from plugins.order import Order
from plugins.run import Run
from plugins.seeds import derive

IMAGES = "image_autoencoder.safetensors"
_STAGE = Stage("image", IMAGES, IMAGE_STAGE)


def fit_image_autoencoder(settings: Settings, clips: ClipSet, run: Run) -> ImageAutoencoder:
    """Learn it, or continue or take from ``run.folder`` what is already learned.

    Raises:
        TrainingError: the folder holds another training's files, or
            `plugins.training.train` fails.
    """
    layout = settings.layout(clips.shape)
    model = _STAGE.initial(lambda: ImageAutoencoder(layout, settings.condition_size), run)
    frames = Frames(clips, settings, run.derive("image"))
    loss = image_loss(model, settings)
    _STAGE.learn(model, loss, frames, len(clips), settings, clips.shape, run)
    return model


class Frames:
    """The batch of a step: ``images`` (B, C, H, W), one frame of each of B clips.

    Seen as the flow's latents are: mirrored, and at the strength of its
    views in crops and other contrasts.

    Args:
        clips: the training clips.
        settings: batch size and views.
        seed: of all draws.
    """

    def __init__(self, clips: ClipSet, settings: Settings, seed: int) -> None:
        self._clips, self._seed = clips, seed
        self._order = Order([range(len(clips))], settings.image_batch, seed)
        strength = settings.flow_augment if settings.flow_views else 0.0
        self._view = Augmentation(settings.mirror, strength)

    def __call__(self, step: int) -> Batch:
        """Read the frames of a step."""
        indices = self._order(step)
        starts = [derive(self._seed, "start", step, i) for i in range(len(indices))]
        generator = torch.Generator().manual_seed(derive(self._seed, "frame", step))
        clips = self._view(self._clips.batch(indices, starts), generator)
        chosen = torch.randint(0, clips.shape[2], (len(clips),), generator=generator)
        return {"images": clips[torch.arange(len(clips)), :, chosen]}


def image_loss(model: ImageAutoencoder, settings: Settings) -> Callable[[Batch], dict[str, Tensor]]:
    """Mean absolute difference of pixels, and the perceptual loss where it has a weight."""
    perceptual = cache(lambda: perceptual_loss(resolve(settings.perceptual)))

    def loss(batch: Batch) -> dict[str, Tensor]:
        images = batch["images"]
        made = model(images)
        figures = {"loss_l1": (made - images).abs().mean()}
        if settings.image_perceptual_weight:
            # The loss of clips passes over frame 0, so that only the second frame counts.
            pair, due = torch.stack([images, made], 2), torch.stack([images, images], 2)
            weight = settings.image_perceptual_weight
            figures[f"loss_{settings.perceptual}"] = weight * perceptual()(pair, due)
        return figures

    return loss
