"""LDDM as a generator: two stages, of which the second is a diffusion model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from generators.autoencoder.layout import Layout
from generators.lddm.parameter_sets import SETS
from generators.lddm.prior import DiffusionPrior
from generators.lddm.settings import Settings
from generators.lddm.stage2 import STAGE, Latents
from generators.lddm.unet import halvings
from generators.two_stage.generator import TwoStage
from generators.two_stage.latents import LatentSet
from generators.two_stage.stage import Stage
from plugins.parameter_sets import ParameterSet
from plugins.recipe import Recipe


class LDDM(Settings, TwoStage):
    """Latent dynamic diffusion: draw a latent of motion given the image, and decode it with it.

    Stage 1 learns an autoencoder of the training clips, stage 2 a
    diffusion model of its latents given frame 0. To sample, the encoder
    is not needed.

    Source: Chen et al., "Ultrasound Image-to-Video Synthesis via Latent
    Dynamic Diffusion Models", MICCAI 2024, arXiv 2503.14966.
    """

    name: ClassVar[str] = "lddm"
    sets: ClassVar[Mapping[str, ParameterSet]] = SETS
    stage_2: ClassVar[Stage] = STAGE

    @property
    def needs_labels(self) -> bool:
        """Whether the class is a condition that was never dropped; see `Generator.needs_labels`."""
        return self.reads_labels and not self.condition_drop

    def initial_prior(self, layout: Layout, classes: tuple[str, ...]) -> DiffusionPrior:
        """See `TwoStage.initial_prior`."""
        return DiffusionPrior(self, layout, classes)

    def latent_batches(self, latents: LatentSet, seed: int) -> Latents:
        """See `TwoStage.latent_batches`."""
        return Latents(latents, self, seed)

    def refuse_layout(self, layout: Layout) -> None:
        """Raise where the U-Net cannot halve the latent's grid so often."""
        if self.denoiser == "unet":
            _, t, h, w = layout.latent_shape
            halvings((t, h, w), self.unet_levels)

    def prior_recipe(self) -> Recipe:
        """Adam, or AdamW where weights decay."""
        recipe = super().prior_recipe()
        if not self.denoiser_weight_decay:
            return recipe
        decayed = {"optimizer": "adamw", "weight_decay": self.denoiser_weight_decay}
        return recipe.model_copy(update=decayed)
