"""`warp`: the image, deformed at random as far, as fast and as smoothly as training videos are."""

from __future__ import annotations

from typing import ClassVar

from generators.controls.gaussian_motion import GaussianMotion
from generators.controls.measured import MeasuredMotion
from plugins import Generator, hookimpl


class Warp(MeasuredMotion):
    """Move the image by a smooth random field with the statistics of the training videos' motion.

    The control for the right amount, speed and smoothness of motion: what
    moves where, and with what, is random. A generator that does not beat
    it has learned how much things move, not how.

    The field is Gaussian; see `GaussianMotion`.
    """

    name: ClassVar[str] = "warp"
    fitted: ClassVar[str] = "warp.safetensors"

    def motions(self, n_fields: int, shape: tuple[int, int, int, int]) -> GaussianMotion:
        return GaussianMotion(shape, self.grid)


@hookimpl
def bench_generators() -> list[type[Generator]]:
    return [Warp]
