"""The autoencoder put together."""

from __future__ import annotations

import torch
from torch import nn

from generators.autoencoder.channels_last import channels_last
from generators.autoencoder.decoder import Decoder
from generators.autoencoder.encoder import Encoder, Posterior
from generators.autoencoder.heads import HEADS, Decoded
from generators.autoencoder.layout import Layout
from generators.autoencoder.shapes import Latent
from plugins.types import ClipBatch, ImageBatch


class Autoencoder(nn.Module):
    """Clip to latent, and latent and frame 0 to clip.

    Args:
        layout: all sizes.
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.layout = layout
        self.encoder = Encoder(layout)
        self.decoder = Decoder(layout)
        self.head = HEADS[layout.head](self.decoder.width, layout.shape[0], self.decoder.stride)
        if layout.head == "pixels":
            # At single pixels the decoder has few channels; with them innermost a step at
            # 64 px takes 1.5 s instead of 2.4 s on a CPU core.
            channels_last(self)

    def encode(self, clips: ClipBatch) -> Posterior:
        """Mean and log-variance, each (B, c, t, h, w), of clips (B, C, T, H, W) in [0, 1]."""
        posterior: Posterior = self.encoder(clips)
        return posterior

    def decode(self, z: Latent, images: ImageBatch) -> Decoded:
        """The clip that begins with an image (B, C, H, W) and goes on as z says."""
        decoded: Decoded = self.head(self.decoder(z, images), images)
        return decoded

    def forward(self, clips: ClipBatch, noise: Latent) -> tuple[Decoded, Posterior]:
        """Encode, draw z with the given standard normal noise, decode."""
        posterior = self.encode(clips)
        return self.decode(posterior.draw(noise), clips[:, :, 0]), posterior

    @torch.no_grad()
    def reconstruct(self, clips: ClipBatch) -> Decoded:
        """Decode the posterior's mean, without gradients."""
        return self.decode(self.encode(clips).mean, clips[:, :, 0])
