"""`bootstrap`: the image, moved as a random training video moved."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field

from generators.controls.fields import Fields, FieldSet
from generators.controls.measured import MeasuredMotion, Motions
from generators.controls.pull_back import MotionField
from plugins import Generator, hookimpl


class Bootstrap(MeasuredMotion):
    """Give the image the motion of a training clip, whatever that one shows.

    The control for having a generator at all: the motion is real, but it
    is another anatomy's, it does not know where in this image a lesion
    lies, and nothing is learned. A generator that does not beat it need
    not have been trained: its motion could have been copied.

    Each sample draws one training clip by its seed, all equally likely.
    """

    name: ClassVar[str] = "bootstrap"
    fitted: ClassVar[str] = "bootstrap.safetensors"

    mirror: float = Field(default=0.0, ge=0, le=1)
    """Probability that the motion is mirrored left to right. 0: every motion is one that was
    seen. Above 0 there are twice as many, where either side of the probe can lead."""

    def motions(self, n_fields: int, shape: tuple[int, int, int, int]) -> FieldBank:
        return FieldBank(n_fields, shape, self.grid, self.mirror)


class FieldBank(FieldSet, Motions):
    """All fields that were measured, to draw one from.

    Args:
        n: the fields.
        shape: (C, T, H, W) of the training clips.
        grid: cells along the longer side.
        mirror: probability that a field is mirrored.
    """

    def __init__(
        self, n: int, shape: tuple[int, int, int, int], grid: int, mirror: float = 0.0
    ) -> None:
        super().__init__(n, shape, grid)
        self.mirror = mirror

    def learn(self, fields: Fields) -> None:
        """Keep them all."""
        self.fields.copy_(fields)

    def draw(self, seed: int) -> MotionField:
        """One of them, all equally likely."""
        stream = torch.Generator().manual_seed(seed)
        which = int(torch.randint(len(self.fields), (1,), generator=stream))
        field = self.fields[which].float()
        turned = float(torch.rand(1, generator=stream)) < self.mirror
        return mirrored(field) if turned else field


def mirrored(field: MotionField) -> MotionField:
    """The motion in the left-right mirror image of its clip."""
    return field.flip(-1) * torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1)


@hookimpl
def bench_generators() -> list[type[Generator]]:
    return [Bootstrap]
