"""What a network sees in the clips of a part, or in synthesized ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from bench.cells.base import Cell, Surroundings
from bench.cells.part import Part, first_of_each
from bench.cells.synthesize import Synthesize
from bench.cells.synthetic import SyntheticClips
from bench.cells.train import Train
from bench.provenance import plugin_identity, source_digest
from bench.store import write_atomically
from plugins.clips import ClipSet, ClipSubset
from plugins.errors import PluginError
from plugins.features import FeatureNetwork, FeatureSet

VECTORS = "features.npy"
_ROWS = "features.json"
_BATCH = 64


@dataclass(frozen=True)
class Features(Cell):
    """The features of clips of videos, or of all samples; computed once for all metrics.

    Attributes:
        network: what looks at them; None: the trained classifier.
        trained: the training that the classifier comes from; None with a network.
        source: videos, or what was synthesized.
        every: of videos, take every clip, a row each, and not only the first of each.
    """

    kind: ClassVar[str] = "features"
    network: FeatureNetwork | None
    trained: Train | None
    source: Part | Synthesize
    every: bool = False

    @property
    def reads(self) -> tuple[Cell, ...]:
        both = (self.trained, self.source)
        return tuple(cell for cell in both if isinstance(cell, Cell))

    @property
    def plugin_name(self) -> str:
        if self.trained:
            return self.trained.classifier.name
        assert self.network is not None
        return self.network.name

    def identity(self) -> dict[str, Any]:
        if self.trained:
            looks = plugin_identity(self.trained.classifier)
        else:
            looks = {
                "network": self.plugin_name,
                "content": self.network.content() if self.network else "",
                "source": source_digest(type(self.network).__module__),
            }
        part = self.source.fingerprint() if isinstance(self.source, Part) else None
        return {"looks": looks, "part": part, "every": self.every}

    def compute(self, given: Surroundings) -> dict[str, Any]:
        clips, per_row = self._clips(given)
        found = torch.cat(list(self._looked(clips, given)))
        if not bool(torch.isfinite(found).all()):
            raise PluginError(f"'{self.plugin_name}' returned NaN or infinite features")
        vectors = found.float().reshape(len(clips) // per_row, per_row, -1)
        np.save(given.run.folder / VECTORS, vectors.numpy())
        made = isinstance(self.source, Synthesize)
        rows = {
            "ids": [i.rpartition("#")[0] if made else i for i in clips.ids[::per_row]],
            "groups": list(clips.groups[::per_row]),
            "labels": list(clips.labels[::per_row]),
        }
        write_atomically(given.run.folder / _ROWS, json.dumps(rows))
        n, samples, dim = vectors.shape
        return {"n": n, "samples": samples, "dim": dim}

    def _clips(self, given: Surroundings) -> tuple[ClipSet, int]:
        """The clips, and how many of them there are for each video or still."""
        if isinstance(self.source, Part):
            clips = self.source.clips(given.cache)
            return ClipSubset(clips, range(len(clips)) if self.every else first_of_each(clips)), 1
        return SyntheticClips(given.finished(self.source)), self.source.per_item

    def _looked(self, clips: ClipSet, given: Surroundings) -> Iterator[Tensor]:
        if self.trained:
            classifier = self.trained.classifier.fresh()
            classifier.load(replace(given.run, folder=given.finished(self.trained)))
            yield classifier.features(clips)
            return
        assert self.network is not None
        for start in range(0, len(clips), _BATCH):
            given.run.progress(start, len(clips), "features")
            batch = clips.batch(range(start, min(start + _BATCH, len(clips))))
            yield self.network.features(batch, given.run.device)


def read_features(folder: Path) -> FeatureSet:
    """What a finished `Features` cell left."""
    vectors = np.load(folder / VECTORS, allow_pickle=False)
    return FeatureSet(torch.from_numpy(vectors), **json.loads((folder / _ROWS).read_text()))
