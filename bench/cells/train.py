"""Train a classifier on real videos, synthetic ones, or both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from bench.cells.base import Cell, Surroundings
from bench.cells.part import Part
from bench.cells.synthesize import Synthesize
from bench.cells.synthetic import JoinedClips, SyntheticClips, thin_to_prior
from bench.provenance import plugin_identity
from plugins.classifier import Classifier
from plugins.clips import ClipSet
from plugins.initial import read_initial


@dataclass(frozen=True)
class Train(Cell):
    """Train a classifier; its weights are the result.

    Attributes:
        real: the real training videos, or None (protocol ``synthetic``).
        synthetic: the synthesized ones, or None (protocol ``real``).
        prior: class prior of the synthetic part.
        real_shares: the class shares of the real training videos, where
            the prior asks for them.
    """

    kind: ClassVar[str] = "train"
    classifier: Classifier
    real: Part | None
    synthetic: Synthesize | None
    prior: Literal["source", "real", "balanced"]
    real_shares: tuple[float, ...] | None
    seed: int

    @property
    def reads(self) -> tuple[Cell, ...]:
        return (self.synthetic,) if self.synthetic else ()

    @property
    def plugin_name(self) -> str:
        return self.classifier.name

    def identity(self) -> dict[str, Any]:
        return {
            "classifier": plugin_identity(self.classifier),
            "real": self.real.fingerprint() if self.real else None,
            "prior": self.prior if self.synthetic else None,
            "real_shares": self.real_shares,
            "seed": self.seed,
        }

    def compute(self, given: Surroundings) -> dict[str, Any]:
        real = self.real.clips(given.cache) if self.real else None
        synthetic = self._synthetic(given.finished(self.synthetic)) if self.synthetic else None
        parts = [part for part in (real, synthetic) if part is not None]
        clips = parts[0] if len(parts) == 1 else JoinedClips(*parts)
        self.classifier.fresh().fit(clips, replace(given.run, seed=self.seed))
        counts = {"n_real": _per_class(real), "n_synthetic": _per_class(synthetic)}
        initial = read_initial(given.run.folder)
        return counts | ({"initial": initial.model_dump(mode="json")} if initial else {})

    def _synthetic(self, folder: Path) -> SyntheticClips:
        clips = SyntheticClips(folder)
        if self.prior == "source":
            return clips
        k = len(clips.classes)
        shares = self.real_shares if self.prior == "real" else (1 / k,) * k
        assert shares is not None
        return SyntheticClips(folder, thin_to_prior(clips.labels, shares, self.seed))


def _per_class(clips: ClipSet | None) -> dict[str, int]:
    if clips is None:
        return {}
    counts = np.bincount(clips.labels, minlength=len(clips.classes))
    return {name: int(n) for name, n in zip(clips.classes, counts, strict=True)}
