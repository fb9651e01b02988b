"""What a step of stage 2 learns from: latents drawn from their posteriors, with conditions."""

from __future__ import annotations

import torch

from generators.two_stage.latents import LatentSet
from generators.two_stage.stage import Batch
from plugins.order import Order
from plugins.seeds import derive


class LatentBatches:
    """The batch of a step, as a prior's loss wants it; all draws from (seed, step).

    A set on the CPU is read here, by loader threads; of one on the
    training's device the batch says what to read, and `filled` reads it.

    Args:
        latents: of the training clips.
        batch_size: B.
        seed: of all draws.
        condition_noise: largest standard deviation of noise on the images.
    """

    def __init__(
        self, latents: LatentSet, batch_size: int, seed: int, condition_noise: float = 0.0
    ) -> None:
        self._latents, self._batch_size, self._seed = latents, batch_size, seed
        self._condition_noise = condition_noise
        self._order = Order([range(len(latents))], batch_size, seed)
        self._on_cpu = latents.mean.device.type == "cpu"

    def __call__(self, step: int) -> Batch:
        """Draw a step."""
        n, shape = self._batch_size, tuple(self._latents.mean.shape[1:])
        generator = torch.Generator().manual_seed(derive(self._seed, "noise", step))
        batch = {
            "indices": torch.tensor(self._order(step)),
            "posterior_noise": torch.randn(n, *shape, generator=generator),
            **self.drawn(n, shape, generator),
            "chance": torch.rand(n, generator=generator),
        }
        if self._condition_noise:
            image = self._latents.images.shape[1:]
            level = self._condition_noise * torch.rand(n, 1, 1, 1, generator=generator)
            batch["image_noise"] = level * torch.randn(n, *image, generator=generator)
        return self.filled(batch) if self._on_cpu else batch

    def filled(self, batch: Batch) -> Batch:
        """The batch with its latents and their conditions, where it has none yet."""
        return batch if "z" in batch else self.read(batch)

    def drawn(self, n: int, shape: tuple[int, ...], generator: torch.Generator) -> Batch:
        """What else a step draws for n latents (c, t, h, w); nothing by default."""
        return {}

    def read(self, batch: Batch) -> Batch:
        """``z`` (B, c, t, h, w), ``images`` (B, C, H, W) in [0, 1] and ``labels`` (B,)."""
        z, images, labels = self._latents.draw(batch["indices"], batch["posterior_noise"])
        if "image_noise" in batch:
            images = (images + batch["image_noise"]).clamp(0, 1)
        return {"z": z, "images": images, "labels": labels}
