"""cINN's prior: a normalising flow of the autoencoder's latents, given frame 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch
from torch import Tensor

from generators.autoencoder.layout import Layout
from generators.autoencoder.shapes import Latent
from generators.cinn.condition import condition
from generators.cinn.flow import Flow, bits_per_dimension
from generators.cinn.invertible import LogDet, Seen, Vectors
from generators.cinn.settings import Settings
from generators.two_stage.condition import Labels
from generators.two_stage.latents import Scale
from generators.two_stage.noise import SeededNoise
from generators.two_stage.prior import Prior
from generators.two_stage.stage import Batch
from plugins.errors import TrainingError
from plugins.precision import autocast
from plugins.types import ImageBatch


class FlowPrior(Prior):
    """The flow, what it sees of frame 0, and the latents' scale.

    The flow itself runs in single precision, whatever is in force outside:
    a likelihood does not bear less.

    Args:
        settings: sizes, condition and temperature.
        layout: of the autoencoder, whose latent is a vector.
        classes: the names of the classes that are a condition; none: they are not.
    """

    called: ClassVar[str] = "the flow"

    def __init__(self, settings: Settings, layout: Layout, classes: tuple[str, ...] = ()) -> None:
        super().__init__(layout, classes, unknown_learned=settings.condition_drop > 0)
        self.settings = settings
        self.condition = condition(settings, layout, len(classes))
        self.flow = Flow(
            layout.latent_shape[0],
            settings.condition_size,
            settings.flow_blocks,
            settings.flow_width,
            settings.flow_depth,
            settings.flow_limit,
        )
        self.scale = Scale(layout.latent_shape[0])

    @torch.no_grad()
    def begin(self, batch: Batch) -> None:
        """Take ActNorm's shifts and scales from the first batch (on the CPU)."""
        x, seen = self._given(batch["z"], batch["images"], batch["labels"])
        self.flow.initialise(x, seen)

    def loss(self, batch: Batch) -> dict[str, Tensor]:
        """Negative log-likelihood of scaled latents in nats per dimension.

        The mean of Dorkenwald et al., equation 6, with all log-determinants
        and constants, over the dimensions. ``bits`` is the same per
        dimension in bits, and of the latents as they are.

        Args:
            batch: ``z`` (B, c, 1, 1, 1), ``images`` (B, C, H, W) and ``labels`` (B,).
        """
        x, seen = self._given(batch["z"], batch["images"], batch["labels"])
        with autocast("off", x.device.type):
            log_prob = self.flow.log_prob(x, seen)
        d = x.shape[1]
        bits = bits_per_dimension(log_prob.detach() + self._log_scale(), d)
        return {"loss": -log_prob.mean() / d, "bits": bits.mean()}

    def log_prob(self, z: Latent, images: ImageBatch, labels: Labels | None = None) -> LogDet:
        """log p(z | image) in nats, (B,): exact, the change of scale included.

        Args:
            z: (B, c, 1, 1, 1), as the autoencoder has them.
            images: (B, C, H, W) in [0, 1].
            labels: as in `sample`.
        """
        x, seen = self._given(z, images, labels)
        with autocast("off", x.device.type):
            return self.flow.log_prob(x, seen) + self._log_scale()

    @property
    def network(self) -> Callable[[Vectors, Seen], Vectors]:
        """The flow's inverse."""
        return self.flow.inverse

    def sample(
        self,
        images: ImageBatch,
        seeds: list[int],
        labels: Labels | None = None,
        network: Callable[[Vectors, Seen], Vectors] | None = None,
    ) -> Latent:
        """Noise of each seed through the flow's inverse; see `Prior.sample`.

        Raises:
            TrainingError: a latent is not finite.
        """
        inverse = network or self.flow.inverse
        seen = self.condition(images, labels).float()
        g = SeededNoise(seeds, self.latent_shape, images.device)().flatten(1)
        with autocast("off", images.device.type):
            x = inverse(self.settings.temperature * g, seen)
        _refuse_not_finite(x)
        return self.scale.restore(x.view(-1, *self.latent_shape))

    def _given(self, z: Latent, images: ImageBatch, labels: Labels | None) -> tuple[Vectors, Seen]:
        """Latents in the flow's units, and what is seen."""
        return self.scale.normalise(z.float()).flatten(1), self.condition(images, labels).float()

    def _log_scale(self) -> Tensor:
        """log |det| of the change from latents to the flow's units."""
        return -self.scale.factor.log().sum()


def _refuse_not_finite(x: Vectors) -> None:
    bad = int((~torch.isfinite(x).all(1)).sum())
    if bad:
        raise TrainingError(
            f"'cinn': the flow gave {bad} of {len(x)} images a latent that is not finite. Train "
            "with a bound (flow_limit = 2) or a lower flow_lr, or lower temperature."
        )
