"""A generator in a distribution of its own: ``pip install``, and ``bench`` finds it."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field

from plugins import Generator, hookimpl


class Zoom(Generator):
    """Zoom slowly into the centre of the image."""

    name: ClassVar[str] = "zoom"

    factor: float = Field(default=1.2, ge=1, le=4)
    """Magnification of the last frame."""

    def sample(self, stills, n_frames):
        frames = []
        for scale in torch.linspace(1, 1 / self.factor, n_frames):
            matrix = torch.diag(torch.tensor([scale, scale, 1.0]))[:2].expand(len(stills), 2, 3)
            grid = F.affine_grid(matrix, list(stills.images.shape), align_corners=False)
            frames.append(F.grid_sample(stills.images, grid, align_corners=False))
        frames[0] = stills.images.clone()
        return torch.stack(frames, dim=2).clamp(0, 1)


@hookimpl
def bench_generators():
    return [Zoom]
