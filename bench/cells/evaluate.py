"""Predict the test videos with a trained classifier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch

from bench.cells.base import Cell, Surroundings
from bench.cells.part import Part
from bench.cells.train import Train
from bench.predictions import Predictions
from bench.provenance import plugin_identity
from plugins.clips import ClipSet
from plugins.errors import PluginError
from plugins.types import Scores


@dataclass(frozen=True)
class Evaluate(Cell):
    """Predict every test video; ``predictions.csv`` is the result."""

    kind: ClassVar[str] = "evaluate"
    trained: Train
    test: Part

    @property
    def reads(self) -> tuple[Cell, ...]:
        return (self.trained,)

    @property
    def plugin_name(self) -> str:
        return self.trained.classifier.name

    def identity(self) -> dict[str, Any]:
        return {
            "classifier": plugin_identity(self.trained.classifier),
            "test": self.test.fingerprint(),
        }

    def compute(self, given: Surroundings) -> dict[str, Any]:
        classifier = self.trained.classifier.fresh()
        classifier.load(replace(given.run, folder=given.finished(self.trained)))
        clips = self.test.clips(given.cache)
        scores = classifier.predict(clips)
        if tuple(scores.shape) != (len(clips), len(clips.classes)):
            raise PluginError(
                f"classifier '{classifier.name}' returned scores of shape {tuple(scores.shape)} "
                f"where {(len(clips), len(clips.classes))} is due"
            )
        if not bool(torch.isfinite(scores).all()):
            raise PluginError(f"classifier '{classifier.name}' returned NaN or infinite scores")
        predictions = average_over_clips(clips, scores)
        predictions.write(given.run.folder)
        return {"n_test": self.test.per_class()}


def average_over_clips(clips: ClipSet, scores: Scores) -> Predictions:
    """One row of scores per video: the mean over its clips."""
    first: dict[str, int] = {}
    rows: dict[str, list[int]] = {}
    for i, name in enumerate(clips.ids):
        first.setdefault(name, i)
        rows.setdefault(name, []).append(i)
    return Predictions(
        ids=list(first),
        groups=[clips.groups[i] for i in first.values()],
        labels=torch.tensor([clips.labels[i] for i in first.values()]),
        scores=torch.stack([scores[members].mean(0) for members in rows.values()]),
        classes=clips.classes,
    )
