"""The training set as latents: encoded once, with the scale that makes them fit for noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.shapes import Latent
from plugins.clips import ClipSet
from plugins.reproducible import deterministic
from plugins.seeds import derive
from plugins.types import ClipBatch, ImageBatch

MIRRORED = (False, True)

STARTS = 4
"""Starts that each clip is encoded from, where they are drawn: stage 2 sees no others."""


@dataclass(frozen=True)
class LatentSet:
    """Latents and the images they belong to; on the CPU.

    Attributes:
        mean: (N, c, t, h, w), of the posteriors.
        deviation: likewise.
        images: uint8 (N, C, H, W), frame 0.
    """

    mean: Float[Tensor, "N c t h w"]
    deviation: Float[Tensor, "N c t h w"]
    images: UInt8[Tensor, "N C H W"]

    def __len__(self) -> int:
        return len(self.mean)

    def draw(self, indices: Sequence[int], noise: Latent) -> tuple[Latent, ImageBatch]:
        """A latent from each posterior with given standard normal noise, and its image."""
        chosen = list(indices)
        z = self.mean[chosen] + self.deviation[chosen] * noise
        return z, self.images[chosen].float() / 255


@torch.no_grad()
def encode_all(
    autoencoder: Autoencoder,
    clips: ClipSet,
    batch_size: int,
    device: str,
    *,
    mirror: bool,
    seed: int = 0,
) -> LatentSet:
    """Encode every clip, and with ``mirror`` its left-right mirror image too.

    Where `ClipSet.draw` draws starts, each clip (and each mirror image)
    is encoded from `STARTS` of them, alike for short and long videos, so
    that every clip keeps its weight.

    Args:
        autoencoder: on the device, in eval mode.
        clips: N of them.
        batch_size: clips at a time.
        device: where the autoencoder is.
        mirror: gives 2 N latents, or 2 N `STARTS`.
        seed: of the starts.
    """
    turns = range(STARTS if clips.draws else 1)
    batches = [range(i, min(i + batch_size, len(clips))) for i in range(0, len(clips), batch_size)]
    parts = []
    with deterministic():
        for turn, mirrored, indices in product(turns, MIRRORED if mirror else (False,), batches):
            starts = [derive(seed, "start", turn, mirrored, i) for i in indices]
            batch = clips.batch(indices, starts)
            parts.append(_encoded(autoencoder, batch.flip(-1) if mirrored else batch, device))
    return LatentSet(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))


def _encoded(
    autoencoder: Autoencoder, clips: ClipBatch, device: str
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and deviation of each clip's posterior, and its frame 0 as uint8."""
    posterior = autoencoder.encode(clips.to(device))
    deviation = (0.5 * posterior.logvar.float()).exp()
    return posterior.mean.float().cpu(), deviation.cpu(), (clips[:, :, 0] * 255).round().byte()


class Scale(nn.Module):
    """Each latent channel to mean 0 and variance 1 over the training set, and back.

    The noise schedule is made for data of unit variance; Rombach et al.
    (CVPR 2022, section D.1) found samples poor without it. Kept with the
    weights as buffers.

    Args:
        channels: c.
    """

    shift: Tensor
    factor: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("shift", torch.zeros(1, channels, 1, 1, 1))
        self.register_buffer("factor", torch.ones(1, channels, 1, 1, 1))

    def measure(self, latents: LatentSet) -> None:
        """Take mean and standard deviation, drawing included, from latents."""
        mean = latents.mean.double()
        axes = (0, 2, 3, 4)
        variance = mean.var(axes, correction=0) + (latents.deviation.double() ** 2).mean(axes)
        self.shift.copy_(mean.mean(axes).view_as(self.shift))
        self.factor.copy_(variance.sqrt().clamp_min(1e-6).view_as(self.factor))

    def normalise(self, z: Latent) -> Latent:
        """To mean 0 and variance 1 per channel."""
        return (z - self.shift) / self.factor

    def restore(self, z: Latent) -> Latent:
        """Back to the decoder's latents."""
        return z * self.factor + self.shift
