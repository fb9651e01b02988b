"""What a step of cINN's stage 2 learns from."""

from __future__ import annotations

from generators.cinn.settings import STAGE_2, Settings
from generators.two_stage.condition import UNKNOWN
from generators.two_stage.latent_batches import LatentBatches
from generators.two_stage.latents import LatentSet
from generators.two_stage.stage import Batch, Stage

FLOW = "flow.safetensors"
STAGE = Stage("flow", FLOW, STAGE_2)


class Latents(LatentBatches):
    """Latents with their images and, at times without, their classes.

    Args:
        latents: of the training clips.
        settings: batch size, and what is done to the condition.
        seed: of all draws.
    """

    def __init__(self, latents: LatentSet, settings: Settings, seed: int) -> None:
        super().__init__(latents, settings.flow_batch, seed, settings.condition_noise)
        self._condition_drop = settings.condition_drop

    def read(self, batch: Batch) -> Batch:
        """All that `FlowPrior.loss` wants."""
        read = super().read(batch)
        dropped = batch["chance"] < self._condition_drop
        return read | {"labels": read["labels"].masked_fill(dropped, UNKNOWN)}
