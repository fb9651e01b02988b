"""Compute one metric of what a network sees in videos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from bench.cells.base import Cell, Surroundings
from bench.cells.features import Features, read_features
from bench.cells.score import computed, counted
from bench.provenance import plugin_identity
from plugins.metric import Ingredient, Metric


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
        return figures | {"details": self.metric.details()}
