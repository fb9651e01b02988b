"""The prior: a diffusion model of the autoencoder's latents, given frame 0."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from generators.autoencoder.layout import Layout
from generators.autoencoder.shapes import Latent
from generators.lddm.denoiser import Denoiser
from generators.lddm.diffusion import Diffusion
from generators.lddm.samplers import sample
from generators.lddm.settings import Settings
from generators.two_stage.latents import Scale
from generators.two_stage.noise import SeededNoise
from plugins.types import ImageBatch


class Prior(nn.Module):
    """The denoiser, the process that it was trained in, and the latents' scale.

    Args:
        settings: widths, process and sampler.
        layout: of the autoencoder.
    """

    def __init__(self, settings: Settings, layout: Layout) -> None:
        super().__init__()
        self.settings, self.latent_shape = settings, layout.latent_shape
        self.denoiser = Denoiser(
            layout.latent_shape,
            layout.shape[0],
            layout.spatial_factor,
            settings.denoiser_width,
            settings.denoiser_depth,
            settings.denoiser_heads,
        )
        self.diffusion = Diffusion(settings.diffusion_steps, settings.schedule, settings.prediction)
        self.scale = Scale(layout.latent_channels)

    def loss(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Mean squared error of the prediction, t uniform in 1..T (the LDDM paper's equation 3).

        Args:
            batch: ``z`` and ``epsilon`` (B, c, t, h, w), ``t`` (B,), ``images`` (B, C, H, W).
        """
        z0, t, epsilon = self.scale.normalise(batch["z"]), batch["t"], batch["epsilon"]
        said = self.denoiser(self.diffusion.add_noise(z0, t, epsilon), t, batch["images"])
        target = self.diffusion.target(z0, t, epsilon)
        return {"loss": F.mse_loss(said.float(), target)}

    def sample(self, images: ImageBatch, seeds: list[int]) -> Latent:
        """A latent for each image, each from its own seed."""
        z = sample(
            lambda zt, t: self.denoiser(zt, t, images),
            self.diffusion,
            SeededNoise(seeds, self.latent_shape, images.device),
            self.settings.sampler_steps,
            self.settings.sampler,
            eta=self.settings.eta,
            limit=self.settings.latent_limit,
        )
        return self.scale.restore(z)
