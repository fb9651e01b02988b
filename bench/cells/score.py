"""Compute one metric, of synthesized videos or of predictions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
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
from plugins.features import FeatureSet
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
        offered = {"scores": predictions.scores, "labels": predictions.labels}

        def figure(chosen: np.ndarray) -> float:
            drawn = torch.from_numpy(chosen)
            return computed(self.metric, **{k: offered[k][drawn] for k in self.metric.reads})

        value = figure(np.arange(len(predictions.ids)))
        return _figures(self.metric, value, figure, predictions.groups, predictions.labels.tolist())


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
        rows = range(len(firsts))
        self.metric.reset()
        for start in range(0, len(rows), _BATCH):
            given.run.progress(start, len(rows), "score")
            for sample in self._samples(videos):
                batch = rows[start : start + _BATCH]
                clips = self._ingredients(real, firsts, videos, batch, sample)
                self.metric.update(**_placed(clips, self.metric, given.run.device))
        value = float(self.metric.compute())

        @cache
        def of_one(row: int) -> float:
            self.metric.reset()
            for sample in self._samples(videos):
                clips = self._ingredients(real, firsts, videos, [row], sample)
                self.metric.update(**_placed(clips, self.metric, given.run.device))
            return float(self.metric.compute())

        return _figures(
            self.metric,
            value,
            lambda drawn: float(np.mean([of_one(int(row)) for row in drawn])),
            [real.groups[i] for i in firsts],
            [real.labels[i] for i in firsts],
        )

    def _samples(self, videos: np.ndarray) -> range:
        """Which samples of each video are looked at one after the other."""
        return range(1 if "samples" in self.metric.reads else videos.shape[1])

    def _ingredients(
        self, real: ClipSet, firsts: list[int], videos: np.ndarray, rows: Sequence[int], sample: int
    ) -> dict[str, Tensor]:
        offered = {
            "real": lambda: real.batch([firsts[row] for row in rows]),
            "generated": lambda: _clips(videos[list(rows), sample]),
            "samples": lambda: _clips(videos[list(rows)]),
        }
        return {name: offered[name]() for name in self.metric.reads}


def _placed(clips: dict[str, Tensor], metric: Metric, device: str) -> dict[str, Tensor]:
    return {n: c.to(device) for n, c in clips.items()} if metric.on_device else clips


def _clips(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(pixels)).float() / 255


def computed(metric: Metric, **ingredients: Tensor | FeatureSet) -> float:
    """The figure of all ingredients at once."""
    metric.reset()
    metric.update(**ingredients)
    return float(metric.compute())


def _figures(
    metric: Metric,
    value: float,
    figure: Callable[[np.ndarray], float],
    groups: list[str],
    labels: list[int],
) -> dict[str, Any]:
    """The value, its interval, n and the number of patients.

    Args:
        figure: of some of the test videos, by index.
    """
    low, high = _interval(metric, figure, groups, labels) or (None, None)
    return counted(value, low, high, groups)


def counted(
    value: float, low: float | None, high: float | None, groups: Sequence[str]
) -> dict[str, Any]:
    """A figure with its interval, the number of videos and that of patients.

    Raises:
        BenchError: the figure is not finite.
    """
    if not math.isfinite(value):
        raise BenchError(f"the figure is {value}, not a finite number")
    n = {"n": len(groups), "groups": len(set(groups))}
    return {"value": value, "low": low, "high": high, **n}


def _interval(
    metric: Metric, figure: Callable[[np.ndarray], float], groups: list[str], labels: list[int]
) -> tuple[float, float] | None:
    """The metric's own where each video is another patient; else by resampling patients."""
    own = metric.interval()
    if own is not None and len(set(groups)) == len(groups):
        return own
    if not metric.paired:
        return None
    return bootstrap_interval(figure, groups, labels, _INTERVAL_SEED)
