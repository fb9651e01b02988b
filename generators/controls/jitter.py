"""`jitter`: the image, moved rigidly along a smooth random path."""

from __future__ import annotations

import math
from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from plugins import Generator, Stills, hookimpl
from plugins.types import Clip, ClipBatch, Image


class Jitter(Generator):
    """Move the image as one piece, as a probe that slides and tilts would.

    The control for motion as such: its frames differ, but tissue does not
    deform and no lesion moves against its surroundings. Also the usual
    augmentation, so that a generator has to beat it to be more than one.

    The path of each coordinate is a sum of `harmonics` sines with random
    amplitudes and phases, shifted to start at zero (frame 0 is the image);
    its root mean square over random draws grows with the parameters below.
    Pixels that come from outside the image repeat its border.
    """

    name: ClassVar[str] = "jitter"

    translation: float = Field(default=0.03, ge=0, le=0.5)
    """Amplitude of the shift, a fraction of the image side."""

    rotation: float = Field(default=2.0, ge=0, le=90)
    """Amplitude of the turn about the centre, in degrees."""

    harmonics: int = Field(default=3, ge=1, le=16)
    """Sines summed; the k-th makes k half turns within the clip, with amplitude 1/k."""

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        pairs = zip(stills.images, stills.seeds, strict=True)
        return torch.stack([self._move(image, seed, n_frames) for image, seed in pairs])

    def _move(self, image: Image, seed: int, n_frames: int) -> Clip:
        path = self._path(seed, n_frames)
        transforms = _rigid(path[:, 0], path[:, 1], path[:, 2])
        frames = image.expand(n_frames, *image.shape)
        grid = F.affine_grid(transforms, list(frames.shape), align_corners=False)
        moved = F.grid_sample(frames, grid, padding_mode="border", align_corners=False)
        moved[0] = image  # exact, where interpolation is only near
        return moved.clamp(0, 1).transpose(0, 1).contiguous()

    def _path(self, seed: int, n_frames: int) -> Tensor:
        """(T, 3): shift in x and y (affine_grid's units, image side 2), angle in radians."""
        generator = torch.Generator().manual_seed(seed)
        order = torch.arange(1, self.harmonics + 1)
        amplitude = torch.randn(3, self.harmonics, generator=generator) / order
        phase = torch.rand(3, self.harmonics, generator=generator) * 2 * math.pi
        time = torch.arange(n_frames) / max(n_frames - 1, 1)
        waves = torch.sin(math.pi * order * time[:, None, None] + phase)
        path = (amplitude * (waves - waves[:1])).sum(-1)
        scale = [2 * self.translation, 2 * self.translation, math.radians(self.rotation)]
        return path * torch.tensor(scale)


def _rigid(x: Tensor, y: Tensor, angle: Tensor) -> Tensor:
    """(T, 2, 3) matrices of rotation and shift, as `affine_grid` wants them."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [torch.stack([cos, -sin, x], -1), torch.stack([sin, cos, y], -1)]
    return torch.stack(rows, -2)


@hookimpl
def bench_generators() -> list[type[Generator]]:
    return [Jitter]
