"""The base of metrics that compare the set of generated clips with the set of real ones."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float, Float32, Float64
from numpy import ndarray
from pydantic import PrivateAttr
from torch import Tensor

from metrics.checks import check_clips, check_same_shape
from plugins import BenchError, Metric
from plugins.metric import Ingredient
from plugins.types import Clip, ClipBatch

Descriptor = Float[ndarray, " F"]
RealSet = Float64[ndarray, "N F"]
GeneratedSet = Float64[ndarray, "M F"]


class SetDistance(Metric):
    """Distance between two sets of clips, each clip by its descriptor.

    A leaf says what describes a clip and how far two sets of descriptors
    are apart: 0 for equal sets, symmetric. Which continuation belongs to
    which video does not matter, so that a generator is not punished for a
    plausible motion that did not happen. It is no mean over videos:
    resampling them gives no valid interval (``paired`` is False). A finite
    sample keeps two sets of one distribution apart, so compare figures at
    equal numbers of clips, and read them beside two halves of the real set.
    """

    reads: ClassVar[tuple[Ingredient, ...]] = ("real", "generated")
    direction: ClassVar[Literal["higher", "lower"]] = "lower"
    paired: ClassVar[bool] = False

    _real: list[ndarray] = PrivateAttr(default_factory=list)
    _generated: list[ndarray] = PrivateAttr(default_factory=list)
    _clip_shape: tuple[int, ...] | None = PrivateAttr(default=None)

    def reset(self) -> None:
        self._real.clear()
        self._generated.clear()
        self._clip_shape = None

    def update(self, real: ClipBatch, generated: Float32[Tensor, "M C T H W"]) -> None:
        """Take in clips of one shape (C, T, H, W), in [0, 1], C = 1 or 3, T >= 2.

        The two batches may differ in their number of clips.

        Raises:
            BenchError: other shapes or values, or another shape than before.
        """
        check_clips(self.name, "real", real)
        check_clips(self.name, "generated", generated)
        check_same_shape(self.name, real, generated, paired=False)
        shape = tuple(real.shape[1:])
        if self._clip_shape not in (None, shape):
            raise BenchError(f"metric '{self.name}': clips {shape} after clips {self._clip_shape}")
        self._clip_shape = shape
        self._real += [self.describe(clip) for clip in real]
        self._generated += [self.describe(clip) for clip in generated]

    def compute(self) -> float:
        """The distance between the two sets.

        Raises:
            BenchError: fewer than two clips on a side.
        """
        fewest = min(len(self._real), len(self._generated))
        if fewest < 2:
            raise BenchError(
                f"metric '{self.name}': {len(self._real)} real and {len(self._generated)}"
                " generated clips; a distance between sets takes at least 2 of each"
            )
        real = np.stack(self._real).astype(np.float64)
        return float(self.distance(real, np.stack(self._generated).astype(np.float64)))

    @abstractmethod
    def describe(self, clip: Clip) -> Descriptor:
        """What the metric sees of one clip, always of the same length F."""

    @abstractmethod
    def distance(self, real: RealSet, generated: GeneratedSet) -> float:
        """Distance between two sets of descriptors; 0 for equal ones, symmetric."""
