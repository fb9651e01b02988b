"""Compute one metric, of synthesized videos or of predictions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.cells.base import Cell, Surroundings
from bench.cells.evaluate import Evaluate
from bench.cells.part import Part, first_of_each
from bench.cells.synthesize import Synthesize, read_synthesis
from bench.predictions import Predictions
from bench.provenance import plugin_identity
from bench.statistics import bootstrap_interval
from plugins.clips import ClipSet
from plugins.errors import BenchError
from plugins.metric import Metric

_BATCH = 16
_INTERVAL_SEED = 20240503


@dataclass(frozen=True)
class ScorePredictions(Cell):
    """A metric of a classifier's predictions, with its interval."""

    kind: ClassVar[str] = "score"
    metric: Metric
    evaluated: Evaluate

    @property
    def reads(self) -> tuple[Cell, ...]:
        return (self.evaluated,)

    @property
    def plugin_name(self) -> str:
        return self.metric.name

    def identity(self) -> dict[str, Any]:
        return {"metric": plugin_identity(self.metric)}

    def compute(self, given: Surroundings) -> dict[str, Any]:
        predictions = Predictions.read(given.finished(self.evaluated))
        n = len(predictions.ids)

        def figure(chosen: np.ndarray) -> float:
            drawn = torch.from_numpy(chosen)
            return _compute(
                self.metric, scores=predictions.scores[drawn], labels=predictions.labels[drawn]
            )

        value = figure(np.arange(n))
        interval = self.metric.interval()
        if interval is None and self.metric.paired:
            interval = bootstrap_interval(
                figure, predictions.groups, predictions.labels.tolist(), _INTERVAL_SEED
            )
        return _figures(value, interval, n, predictions.groups)


@dataclass(frozen=True)
class ScoreVideos(Cell):
    """A metric of videos synthesized from the first frames of the test videos."""

    kind: ClassVar[str] = "score"
    metric: Metric
    synthesized: Synthesize
    test: Part

    @property
    def reads(self) -> tuple[Cell, ...]:
        return (self.synthesized,)

    @property
    def plugin_name(self) -> str:
        return self.metric.name

    def identity(self) -> dict[str, Any]:
        return {"metric": plugin_identity(self.metric), "test": self.test.fingerprint()}

    def compute(self, given: Surroundings) -> dict[str, Any]:
        videos, _ = read_synthesis(given.finished(self.synthesized))
        real = self.test.clips(given.cache)
        firsts = first_of_each(real)
        self.metric.reset()
        for start in range(0, len(firsts), _BATCH):
            given.run.progress(start, len(firsts), "score")
            batch = slice(start, start + _BATCH)
            self.metric.update(**self._ingredients(real, firsts[batch], videos[batch]))
        value = self.metric.compute()
        interval = self._interval(real, firsts, videos) if self.metric.paired else None
        return _figures(value, interval, len(firsts), [real.groups[i] for i in firsts])

    def _ingredients(
        self, real: ClipSet, indices: list[int], videos: np.ndarray
    ) -> dict[str, Tensor]:
        offered = {
            "real": lambda: real.batch(indices),
            "generated": lambda: torch.from_numpy(np.array(videos[:, 0])).float() / 255,
            "samples": lambda: torch.from_numpy(np.array(videos)).float() / 255,
        }
        return {name: offered[name]() for name in self.metric.reads}

    def _interval(
        self, real: ClipSet, firsts: list[int], videos: np.ndarray
    ) -> tuple[float, float] | None:
        """Resample the videos: the figure is the mean over them."""
        each = np.array(
            [
                _compute(self.metric, **self._ingredients(real, [i], videos[row : row + 1]))
                for row, i in enumerate(firsts)
            ]
        )
        return bootstrap_interval(
            lambda drawn: float(each[drawn].mean()),
            [real.groups[i] for i in firsts],
            [real.labels[i] for i in firsts],
            _INTERVAL_SEED,
        )


def _compute(metric: Metric, **ingredients: Tensor) -> float:
    metric.reset()
    metric.update(**ingredients)
    return float(metric.compute())


def _figures(
    value: float, interval: tuple[float, float] | None, n: int, groups: list[str]
) -> dict[str, Any]:
    if not math.isfinite(value):
        raise BenchError(f"the figure is {value}, not a finite number")
    low, high = interval or (None, None)
    return {"value": float(value), "low": low, "high": high, "n": n, "groups": len(set(groups))}
