"""The base of metrics that are a distance between what a network sees in two sets of clips."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal

import numpy as np
from jaxtyping import Float64
from numpy import ndarray
from pydantic import Field, PrivateAttr

from metrics.distance.half_split import half_split_floor
from metrics.distance.permutation import permutation_test
from metrics.distance.pool import Statistic
from plugins import BenchError, Metric
from plugins.features import FeatureSet
from plugins.metric import Ingredient


class FeatureDistance(Metric):
    """Beside the distance stand what tells its worth at this number of clips.

    Details: ``p``, of the hypothesis that generated clips have the
    distribution of the real ones (`metrics.distance.permutation`); ``half`` and
    ``floor``, the distances of generated and of other real clips from one
    half of the real ones (`metrics.distance.half_split`). Where the test videos are
    too few for one of them, it is left out.
    """

    reads: ClassVar[tuple[Ingredient, ...]] = ("real_features", "generated_features")
    direction: ClassVar[Literal["higher", "lower"]] = "lower"

    explained: ClassVar[str] = (
        "floor: the distance of two halves of the test videos; half: that of as many synthesized "
        "videos from one half; p: of the hypothesis that both have one distribution. Compare at "
        "equal n only"
    )

    draws: Annotated[int, Field(ge=19)] = 1000
    """Permutations; the smallest p-value is 1 / (1 + draws)."""

    halvings: Annotated[int, Field(ge=1)] = 20
    """Random halves of the patients, of which ``half`` and ``floor`` are means."""

    seed: int = 0
    """Of permutations and halves; the figure itself draws nothing."""

    _sets: tuple[FeatureSet, FeatureSet] | None = PrivateAttr(None)
    _details: dict[str, float] = PrivateAttr(default_factory=dict)

    def reset(self) -> None:
        self._sets, self._details = None, {}

    def update(self, real_features: FeatureSet, generated_features: FeatureSet) -> None:
        """Take in both sets, row by row of the same video.

        Raises:
            BenchError: the rows are of other videos, or there is a set already.
        """
        if self._sets:
            raise BenchError(f"metric '{self.name}': it takes whole sets, once")
        if list(real_features.ids) != list(generated_features.ids):
            raise BenchError(f"metric '{self.name}': the two sets are not of the same videos")
        self._sets = (real_features, generated_features)

    def compute(self) -> float:
        """The distance; of several samples per video the mean over the samples.

        Raises:
            BenchError: fewer than two clips, or features that are not finite.
        """
        if not self._sets:
            raise BenchError(f"metric '{self.name}': there are no clips")
        real, generated = (_samples_first(part) for part in self._sets)
        groups = list(self._sets[0].groups)
        value = float(np.mean([self.between(real[0], sample, groups) for sample in generated]))
        self._details = self._found_details(real[0], generated, groups)
        return value

    def details(self) -> dict[str, float]:
        """``p``, ``half`` and ``floor`` of the distance last computed."""
        return self._details

    @abstractmethod
    def between(
        self,
        real: Float64[ndarray, "N D"],
        generated: Float64[ndarray, "N D"],
        groups: list[str],
    ) -> float:
        """The distance of N real clips and a continuation of each one's frame 0."""

    @abstractmethod
    def statistic(self) -> Statistic:
        """The same distance, prepared for many draws."""

    def _found_details(
        self, real: Float64[ndarray, "N D"], generated: Float64[ndarray, "S N D"], groups: list[str]
    ) -> dict[str, float]:
        found: dict[str, float] = {}
        if len(set(groups)) > 1:
            test = permutation_test(
                real,
                generated,
                units=groups,
                statistic=self.statistic(),
                draws=self.draws,
                seed=self.seed,
            )
            found["p"] = test.p_value
        try:
            halves = half_split_floor(
                real,
                generated,
                groups,
                statistic=self.statistic(),
                draws=self.halvings,
                seed=self.seed,
            )
        except BenchError:  # halves of fewer than two clips
            return found
        return found | {"half": halves.generated, "floor": halves.floor}


def _samples_first(part: FeatureSet) -> Float64[ndarray, "S N D"]:
    return part.features.double().numpy().swapaxes(0, 1)
