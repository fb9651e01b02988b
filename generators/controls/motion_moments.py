"""Second moments of motion fields: of the shift, over time, over space, and between clips."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from generators.controls.fields import Fields

AT_A_TIME = 64
"""Fields that are turned into double precision together."""


class Moments(NamedTuple):
    """Second moments about 0, pixels squared, over M fields of L frames.

    A field is its mean over the image, the shift, and the rest, the
    deformation. About 0 and not about the mean motion, so that motion
    has no preferred direction but keeps its size.

    Attributes:
        shift: between all (dx, dy) of the frames, dx first.
        time: of each component's deformation, between frames; mean over cells.
        space: of the same, between cells, row by row; mean over frames.
        energy: per field, the mean over cells of the squared displacement,
            summed over components and frames.
    """

    shift: Float64[Tensor, "2L 2L"]
    time: Float64[Tensor, "2 L L"]
    space: Float64[Tensor, "2 n n"]
    energy: Float64[Tensor, " M"]


def moments(fields: Fields) -> Moments:
    """Measure them, a few fields at a time."""
    n_fields, _, n_frames, height, width = fields.shape
    n = height * width
    shift = torch.zeros(2 * n_frames, 2 * n_frames, dtype=torch.float64)
    time = torch.zeros(2, n_frames, n_frames, dtype=torch.float64)
    space = torch.zeros(2, n, n, dtype=torch.float64)
    energy = []
    for some in fields.split(AT_A_TIME):
        whole = some.double().flatten(3)
        mean = whole.mean(-1)
        rest = whole - mean[..., None]
        shift += mean.flatten(1).T @ mean.flatten(1)
        time += torch.einsum("mctx,mcsx->cts", rest, rest) / n
        space += torch.einsum("mctx,mcty->cxy", rest, rest) / n_frames
        energy.append(whole.square().mean(-1).sum((1, 2)))
    return Moments(shift / n_fields, time / n_fields, space / n_fields, torch.cat(energy))
