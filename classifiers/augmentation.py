"""Random disturbances of training clips, on the device where they are learned from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from plugins.types import ClipBatch

Draws = Float[Tensor, "5 B"]


@dataclass(frozen=True)
class Augmentation:
    """Random disturbances, one draw per clip: all its frames change alike.

    Attributes:
        flip: probability of a left-right mirror image.
        shift: largest displacement along each axis, as a fraction of the
            image; the border is repeated.
        brightness: largest change added to the intensities, in [0, 1].
        gamma: largest change of the exponent's logarithm (base e).
    """

    flip: float = 0.0
    shift: float = 0.0
    brightness: float = 0.0
    gamma: float = 0.0

    def __call__(self, clips: ClipBatch, draws: Draws) -> ClipBatch:
        """Disturb clips (B, C, T, H, W) in [0, 1]; they stay there.

        Args:
            clips: on any device.
            draws: uniform in [0, 1), for each clip: mirror image,
                displacement right and down, brightness, gamma.
        """
        # In float64 until they are applied, so that the CPU and a GPU choose the same.
        flip, right, down, brightness, gamma = draws.double()
        clips = torch.where(_each(flip < self.flip), clips.flip(-1), clips)
        if self.shift:
            clips = self._moved(self._moved(clips, down, 3), right, 4)
        if self.gamma:
            clips = clips ** _each(((2 * gamma - 1) * self.gamma).float().exp())
        if self.brightness:
            change = ((2 * brightness - 1) * self.brightness).float()
            clips = (clips + _each(change)).clamp(0, 1)
        return clips

    def _moved(self, clips: Tensor, draw: Tensor, axis: int) -> Tensor:
        """Displaced along an axis by whole pixels, up to ``shift`` of its length either way."""
        length = clips.shape[axis]
        reach = int(self.shift * length)
        steps = (draw * (2 * reach + 1)).long() - reach
        places = torch.arange(length, device=clips.device) + steps[:, None]
        shape = [len(clips), 1, 1, 1, 1]
        shape[axis] = length
        return torch.take_along_dim(clips, places.clamp(0, length - 1).view(shape), axis)


def _each(values: Tensor) -> Tensor:
    """(B,) as what is multiplied with or added to (B, C, T, H, W)."""
    return values.view(-1, 1, 1, 1, 1)
