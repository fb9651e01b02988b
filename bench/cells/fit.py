"""Fit a generator on the training videos of a split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from bench.cells.base import Cell, Surroundings
from bench.cells.part import Part
from bench.provenance import plugin_identity
from plugins.budget import read_budget
from plugins.generator import Generator


@dataclass(frozen=True)
class Fit(Cell):
    """Fit a generator; its weights are the result, and what they took."""

    kind: ClassVar[str] = "fit"
    generator: Generator
    training: Part
    seed: int

    @property
    def reads(self) -> tuple[Cell, ...]:
        return ()

    @property
    def plugin_name(self) -> str:
        return self.generator.name

    def identity(self) -> dict[str, Any]:
        return {
            "generator": plugin_identity(self.generator),
            "training": self.training.fingerprint(),
            "seed": self.seed,
        }

    def compute(self, given: Surroundings) -> dict[str, Any]:
        clips = self.training.clips(given.cache)
        self.generator.fresh().fit(clips, replace(given.run, seed=self.seed))
        return {"n_training_clips": len(clips), "stages": stages_told(given.run.folder)}


def stages_told(folder: Path) -> list[dict[str, Any]]:
    """What a fit spent, stage by stage, as JSON values; a list, since a result sorts its keys."""
    told = read_budget(folder)
    return [{"stage": name, **spent.model_dump(mode="json")} for name, spent in told.items()]


def learns(generator: Generator) -> bool:
    """Whether there is anything to fit: it overrides `Generator.fit`."""
    return type(generator).fit is not Generator.fit
