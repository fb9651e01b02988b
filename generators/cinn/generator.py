"""cINN as a generator: two stages, of which the second is a normalising flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from generators.autoencoder.layout import Layout
from generators.cinn.condition import FrozenCondition
from generators.cinn.image_fit import fit_image_autoencoder
from generators.cinn.parameter_sets import SETS
from generators.cinn.prior import FlowPrior
from generators.cinn.settings import Settings
from generators.cinn.stage2 import STAGE, Latents
from generators.two_stage.generator import TwoStage
from generators.two_stage.latents import LatentSet
from generators.two_stage.prior import Prior
from generators.two_stage.stage import Stage
from plugins.clips import ClipSet
from plugins.parameter_sets import ParameterSet
from plugins.recipe import Recipe
from plugins.run import Run


class CINN(Settings, TwoStage):
    """A conditional invertible network: noise becomes a latent of motion, given the image.

    The baseline of LDDM. Stage 1 is the same autoencoder with a vector
    latent, stage 2 a normalising flow of its latents given frame 0.

    Source: Dorkenwald et al., "Stochastic Image-to-Video Synthesis using
    cINNs", CVPR 2021, arXiv 2105.04551.
    """

    name: ClassVar[str] = "cinn"
    sets: ClassVar[Mapping[str, ParameterSet]] = SETS
    stage_2: ClassVar[Stage] = STAGE

    @property
    def needs_labels(self) -> bool:
        """Whether the class is a condition that was never dropped; see `Generator.needs_labels`."""
        return self.reads_labels and not self.condition_drop

    def initial_prior(self, layout: Layout, classes: tuple[str, ...]) -> FlowPrior:
        """See `TwoStage.initial_prior`."""
        return FlowPrior(self, layout, classes)

    def latent_batches(self, latents: LatentSet, seed: int) -> Latents:
        """See `TwoStage.latent_batches`."""
        return Latents(latents, self, seed)

    def prepare(self, prior: Prior, clips: ClipSet, run: Run) -> None:
        """Learn the image autoencoder, where its encoder is the condition."""
        if isinstance(prior.condition, FrozenCondition):
            learned = fit_image_autoencoder(self, clips, run).encoder
            prior.condition.encoder.load_state_dict(learned.state_dict())

    def prior_recipe(self) -> Recipe:
        """Adam; as in the reference with AMSGrad and a rate that is halved, where that is set."""
        changed: dict[str, Any] = {
            "betas": (0.9, self.flow_beta2),
            "options": {"amsgrad": True} if self.flow_amsgrad else {},
        }
        every, epochs = self.flow_halving_epochs, self.flow_epochs
        if every is not None and epochs is not None:
            over = tuple(epoch / epochs for epoch in range(every, epochs, every))
            changed |= {"schedule": "step", "gamma": 0.5, "milestones": over}
        return super().prior_recipe().model_copy(update=changed)
