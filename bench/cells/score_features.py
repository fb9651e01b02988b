"""Compute one metric of what a network sees in videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bench.cells.base import Cell, Surroundings
from bench.cells.features import Features, read_features
from bench.cells.part import Part
from bench.cells.score import computed, counted
from bench.cells.synthesize import Synthesize
from bench.provenance import plugin_identity
from plugins.errors import PluginError
from plugins.features import FeatureSet
from plugins.metric import Ingredient, Metric
from plugins.pair import AT_MOST, Pair


@dataclass(frozen=True)
class ScoreFeatures(Cell):
    """A metric of what a network sees in synthesized videos and in real ones.

    Attributes:
        features: the metric's ingredients, and where they come from.
    """

    kind: ClassVar[str] = "score"
    metric: Metric
    features: tuple[tuple[Ingredient, Features], ...]

    @property
    def reads(self) -> tuple[Cell, ...]:
        return tuple(cell for _, cell in self.features)

    @property
    def plugin_name(self) -> str:
        return self.metric.name

    def identity(self) -> dict[str, Any]:
        return {
            "metric": plugin_identity(self.metric),
            "given": [name for name, _ in self.features],
        }

    def compute(self, given: Surroundings) -> dict[str, Any]:
        sets = {name: read_features(given.finished(cell)) for name, cell in self.features}
        value = computed(self.metric, **sets)
        of = sets.get("generated_features") or next(iter(sets.values()))
        low, high = self.metric.interval() or (None, None)
        figures = counted(value, low, high, of.groups)
        pairs = self.metric.pairs()[:AT_MOST]
        self._check(pairs, sets)
        told = [pair.model_dump(mode="json") for pair in pairs]
        return figures | {"details": self.metric.details(), "pairs": told}

    def pairs(self, result: Mapping[str, Any]) -> list[Pair]:
        """The pairs that are told in a result of this cell."""
        return [Pair.model_validate(told) for told in result["figures"]["pairs"]]

    def source(self, ingredient: Ingredient) -> Part | Synthesize:
        """Where the clips of an ingredient come from."""
        return dict(self.features)[ingredient].source

    def _check(self, pairs: Sequence[Pair], sets: Mapping[Ingredient, FeatureSet]) -> None:
        """Refuse pairs of clips that the metric was not given.

        Raises:
            PluginError: names the metric and the first such pair.
        """
        made, learned = sets.get("generated_features"), sets.get("training_features")
        for pair in pairs:
            is_made = made and pair.id in made.ids and pair.sample < made.features.shape[1]
            if not is_made or not learned or list(learned.ids).count(pair.training) <= pair.clip:
                raise PluginError(
                    f"metric '{self.metric.name}': pairs() tells of '{pair.id}', sample "
                    f"{pair.sample}, and training video '{pair.training}', clip {pair.clip}, which "
                    "are no rows of its generated_features and training_features"
                )
