"""LDDM's prior: a diffusion model of the autoencoder's latents, given frame 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor
from torch.nn import functional as F

from generators.autoencoder.layout import Layout
from generators.autoencoder.shapes import Latent
from generators.lddm.denoiser import Denoiser
from generators.lddm.diffusion import Diffusion, Noisy, Times
from generators.lddm.prediction import guided
from generators.lddm.samplers import sample
from generators.lddm.settings import Settings
from generators.two_stage.condition import Labels, Seen, nothing
from generators.two_stage.latents import Scale
from generators.two_stage.noise import SeededNoise
from generators.two_stage.prior import Prior
from plugins.types import ImageBatch


class DiffusionPrior(Prior):
    """The denoiser, the process that it was trained in, and the latents' scale.

    Args:
        settings: widths, process and sampler.
        layout: of the autoencoder.
        classes: the names of the classes that are a condition; none: they are not.
    """

    called: ClassVar[str] = "the denoiser"

    def __init__(self, settings: Settings, layout: Layout, classes: tuple[str, ...] = ()) -> None:
        super().__init__(layout, classes, unknown_learned=settings.condition_drop > 0)
        self.settings = settings
        self.denoiser = Denoiser(
            layout.latent_shape,
            layout.shape[0],
            layout.spatial_factor,
            settings.denoiser,
            settings.denoiser_width,
            settings.denoiser_depth,
            settings.denoiser_heads,
            settings.denoiser_dropout,
            settings.unet_levels,
            len(classes),
        )
        self.diffusion = Diffusion(settings.diffusion_steps, settings.schedule, settings.prediction)
        self.scale = Scale(layout.latent_shape[0])

    def loss(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Mean squared error of the prediction, t uniform in 1..T (the LDDM paper's equation 3).

        Args:
            batch: ``z`` and ``epsilon`` (B, c, t, h, w), ``t`` (B,), ``images``
                (B, C, H, W), ``labels`` (B,), and ``dropped`` (B,): whose
                condition is not to be seen.
        """
        z0, t, epsilon = self.scale.normalise(batch["z"]), batch["t"], batch["epsilon"]
        seen = self.denoiser.see(batch["images"], batch["labels"], batch["dropped"])
        said = self.denoiser(self.diffusion.add_noise(z0, t, epsilon), t, seen)
        target = self.diffusion.target(z0, t, epsilon)
        return {"loss": F.mse_loss(said.float(), target)}

    @property
    def network(self) -> Denoiser:
        """The denoiser."""
        return self.denoiser

    def sample(
        self,
        images: ImageBatch,
        seeds: list[int],
        labels: Labels | None = None,
        network: Callable[[Noisy, Times, Seen], Tensor] | None = None,
    ) -> Latent:
        """Run the process backwards from each seed's noise; see `Prior.sample`."""
        denoiser = network or self.denoiser
        seen = self.denoiser.see(images, labels)
        unseen = nothing(seen)

        def conditional(zt: Noisy, t: Times) -> Noisy:
            return denoiser(zt, t, seen).to(zt.dtype)

        def unconditional(zt: Noisy, t: Times) -> Noisy:
            return denoiser(zt, t, unseen).to(zt.dtype)

        z = sample(
            guided(conditional, unconditional, self.settings.guidance),
            self.diffusion,
            SeededNoise(seeds, self.latent_shape, images.device),
            self.settings.sampler_steps,
            self.settings.sampler,
            eta=self.settings.eta,
            limit=self.settings.latent_limit,
        )
        return self.scale.restore(z)
