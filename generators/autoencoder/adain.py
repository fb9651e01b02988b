"""Adaptive instance normalisation: features take on the statistics that the latent asks for.

Huang and Belongie, "Arbitrary Style Transfer in Real-time with Adaptive
Instance Normalization", ICCV 2017, equation 8.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from generators.autoencoder.shapes import Latent, Volume

EPSILON = 1e-5


def adain(x: Volume, mean: Tensor, deviation: Tensor) -> Volume:
    """deviation * (x - mean(x)) / deviation(x) + mean, per clip and channel.

    Args:
        x: (B, D, T, H, W); its own statistics are over T, H and W.
        mean: what x is to have, broadcast over x.
        deviation: likewise.
    """
    return deviation * F.instance_norm(x, eps=EPSILON) + mean


class AdaIN(nn.Module):
    """`adain` with statistics that a convolution reads from the latent.

    A latent with one cell gives each channel one mean and deviation, as
    the cINN's; a grid gives them per place and moment.

    Args:
        channels: D of the features.
        latent_channels: c.
    """

    def __init__(self, channels: int, latent_channels: int) -> None:
        super().__init__()
        self.statistics = nn.Conv3d(latent_channels, 2 * channels, 1)

    def forward(self, x: Volume, z: Latent) -> Volume:
        """Features (B, D, T, H, W) as z asks."""
        statistics = F.interpolate(self.statistics(z), x.shape[2:], mode="nearest")
        mean, deviation = statistics.chunk(2, dim=1)
        return adain(x, mean, 1 + deviation)
