"""The training set as latents: encoded once, with the scale that makes them fit for noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from generators.autoencoder.augmentation import Augmentation
from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.shapes import Latent
from generators.two_stage.backoff import Batches, BatchSize
from plugins.clips import ClipSet
from plugins.precision import autocast
from plugins.recipe import Amp
from plugins.reproducible import deterministic
from plugins.run import Run
from plugins.seeds import derive
from plugins.types import ClipBatch, ImageBatch

STARTS = 4
"""Starts that each clip is encoded from, where they are drawn: stage 2 sees no others."""

STAGE = "latents"
"""What the progress of encoding is called."""

RESIDENT_SHARE = 0.1
"""Of a CUDA device's memory, what a latent set may take there for the whole of stage 2."""

Read = Callable[[range], ClipBatch]
Drawn = tuple[Latent, ImageBatch, Int[Tensor, " B"]]


@dataclass(frozen=True)
class LatentSet:
    """Latents and the images that they belong to.

    Attributes:
        mean: (N, c, t, h, w), of the posteriors.
        deviation: likewise.
        images: uint8 (N, C, H, W), frame 0.
        labels: (N,), class indices.
    """

    mean: Float[Tensor, "N c t h w"]
    deviation: Float[Tensor, "N c t h w"]
    images: UInt8[Tensor, "N C H W"]
    labels: Int[Tensor, " N"]

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def nbytes(self) -> int:
        """Memory that all of it takes."""
        return sum(getattr(self, field.name).nbytes for field in fields(self))

    def draw(self, indices: Int[Tensor, " B"], noise: Latent) -> Drawn:
        """Latents from the posteriors with given standard normal noise, images and labels.

        Args:
            indices: which; where the set is.
            noise: (B, c, t, h, w); likewise.
        """
        z = self.mean[indices] + self.deviation[indices] * noise
        return z, self.images[indices].float() / 255, self.labels[indices]

    def fits(self, device: str) -> bool:
        """Whether the set can stay on a CUDA device while a prior is learned from it.

        Judged by the device's whole memory, not by what is free now, so
        that a training that is continued goes on as it began.
        """
        if torch.device(device).type != "cuda":
            return False
        total = torch.cuda.get_device_properties(device).total_memory
        return self.nbytes <= RESIDENT_SHARE * total

    def to(self, device: str) -> LatentSet:
        """The same set on a device."""
        return LatentSet(*(getattr(self, field.name).to(device) for field in fields(self)))


@torch.no_grad()
def encode_all(
    autoencoder: Autoencoder,
    clips: ClipSet,
    batch_size: BatchSize,
    device: str,
    *,
    mirror: bool,
    seed: int = 0,
    views: int = 0,
    augment: float = 0.5,
    run: Run | None = None,
    amp: Amp = "off",
) -> LatentSet:
    """Encode every clip, and with ``mirror`` its left-right mirror image too.

    Where `ClipSet.draw` draws starts, each clip (and each mirror image)
    is encoded from `STARTS` of them, alike for short and long videos, so
    that every clip keeps its weight.

    Args:
        autoencoder: on the device, in eval mode.
        clips: N of them.
        batch_size: clips at a time, halved where memory runs out.
        device: where the autoencoder is.
        mirror: gives 2 N latents, or 2 N `STARTS`.
        seed: of the starts and the views.
        views: random views of each clip (see `Augmentation`), N latents each.
        augment: their strength, in [0, 1].
        run: told of the progress, where it is given.
        amp: the precision that the autoencoder was trained in.

    Raises:
        Cancelled: the run was asked to stop.
        RuntimeError: torch's own, where memory does not suffice for one clip.
    """
    passes = _plain(clips, mirror, seed) + _views(clips, views, augment, mirror, seed)
    batches, n = Batches(batch_size, device), len(clips)
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    with deterministic(), autocast(amp, device):
        for number, read in enumerate(passes):

            def encoded(
                indices: range, read: Read = read, before: int = number * n
            ) -> tuple[Tensor, Tensor, Tensor]:
                made = _encoded(autoencoder, read(indices), device)
                if run is not None:
                    run.progress(before + indices.stop, n * len(passes), STAGE)
                return made

            parts += batches(encoded, n)
    mean, deviation, images = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
    return LatentSet(mean, deviation, images, torch.tensor(clips.labels).repeat(len(passes)))


def _plain(clips: ClipSet, mirror: bool, seed: int) -> list[Read]:
    """Each pass over the clips as they are, by what reads a batch of it."""

    def reader(turn: int, mirrored: bool) -> Read:
        def read(indices: range) -> ClipBatch:
            batch = clips.batch(
                indices, [derive(seed, "start", turn, mirrored, i) for i in indices]
            )
            return batch.flip(-1) if mirrored else batch

        return read

    turns = range(STARTS if clips.draws else 1)
    return [reader(turn, m) for turn in turns for m in ((False, True) if mirror else (False,))]


def _views(clips: ClipSet, views: int, augment: float, mirror: bool, seed: int) -> list[Read]:
    """Each pass over random views of the clips; a view is its clip's own, whatever the batch."""
    view_of = Augmentation(0.5 if mirror else 0.0, augment)

    def reader(view: int) -> Read:
        def read(indices: range) -> ClipBatch:
            seeds = [derive(seed, "view", view, i) for i in indices]
            streams = [torch.Generator().manual_seed(derive(s, "drawn")) for s in seeds]
            plain = clips.batch(indices, seeds)
            return torch.cat(
                [view_of(clip[None], g) for clip, g in zip(plain, streams, strict=True)]
            )

        return read

    return [reader(view) for view in range(views)]


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
