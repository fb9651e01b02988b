"""What a step of LDDM's stage 2 learns from."""

from __future__ import annotations

import torch
from torch import Tensor

from generators.lddm.settings import STAGE_2, Settings
from generators.two_stage.condition import UNKNOWN
from generators.two_stage.latent_batches import LatentBatches
from generators.two_stage.latents import LatentSet
from generators.two_stage.stage import Batch, Stage

DENOISER = "denoiser.safetensors"
STAGE = Stage("denoiser", DENOISER, STAGE_2)


class Latents(LatentBatches):
    """Latents, a time and noise for each, and what of their conditions is dropped.

    Args:
        latents: of the training clips.
        settings: batch size, T, and what is done to the condition.
        seed: of all draws.
    """

    def __init__(self, latents: LatentSet, settings: Settings, seed: int) -> None:
        super().__init__(latents, settings.denoiser_batch, seed, settings.condition_noise)
        self._settings = settings

    def drawn(self, n: int, shape: tuple[int, ...], generator: torch.Generator) -> Batch:
        """``t`` (B,) in 1..T and ``epsilon`` (B, c, t, h, w), standard normal."""
        return {
            "t": torch.randint(1, self._settings.diffusion_steps + 1, (n,), generator=generator),
            "epsilon": torch.randn(n, *shape, generator=generator),
        }

    def read(self, batch: Batch) -> Batch:
        """All that `DiffusionPrior.loss` wants."""
        read = super().read(batch)
        dropped, labels = drop(batch["chance"], read["labels"], self._settings.condition_drop)
        drawn = {name: batch[name] for name in ("t", "epsilon")}
        return read | {"labels": labels, "dropped": dropped} | drawn


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
