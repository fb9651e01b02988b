"""Synthesize videos from the first frames of a part."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from bench.cells.base import Cell, Surroundings
from bench.cells.fit import Fit
from bench.cells.part import Part
from bench.cells.sampling import sample, to_bytes
from bench.data.clipfile import read_clip
from bench.provenance import plugin_identity
from bench.store import write_atomically
from plugins.errors import DataError
from plugins.generator import Generator, StillId, Stills
from plugins.seeds import derive

CLIPS = "clips.npy"
_MANIFEST = "clips.json"
_PROGRESS = "progress.json"


@dataclass(frozen=True)
class Synthesize(Cell):
    """Continue each image of a part, or the first frame of each of its videos.

    The result holds ``clips.npy``, uint8 (N, S, C, T, H, W), and
    ``clips.json`` with ids, groups, labels and seeds.
    """

    kind: ClassVar[str] = "synthesize"
    generator: Generator
    fit: Fit | None
    source: Part
    per_item: int
    batch: int
    seed: int

    @property
    def reads(self) -> tuple[Cell, ...]:
        return (self.fit,) if self.fit else ()

    @property
    def plugin_name(self) -> str:
        return self.generator.name

    def identity(self) -> dict[str, Any]:
        generator = plugin_identity(self.generator)
        if self.generator.needs_ids:
            asked = [self._named(i, s) for i, s in self._items()]
            generator["parameters"] = self.generator.content(asked)
        return {
            "generator": generator,
            "source": self.source.fingerprint(),
            "per_item": self.per_item,
            "batch": self.batch,
            "seed": self.seed,
        }

    def compute(self, given: Surroundings) -> dict[str, Any]:
        fitted = given.finished(self.fit) if self.fit else given.run.folder
        generator = self.generator.fresh()
        reads = partial(read_clip, settings=self.source.settings)
        generator.load(replace(given.run, folder=fitted, seed=self.seed, read_video=reads))
        stills = self._stills(given.cache)
        items = self._items()
        shape = self._shape(stills)
        clips, done = _open(given.run.folder, (len(stills), self.per_item, *shape))
        for start in range(done, len(items), self.batch):
            given.run.progress(start, len(items), "synthesize")
            chosen = items[start : start + self.batch]
            videos = self._sample(generator, stills, chosen)
            for (i, s), video in zip(chosen, videos, strict=True):
                clips[i, s] = video
            clips.flush()
            write_atomically(
                given.run.folder / _PROGRESS, json.dumps({"done": start + len(chosen)})
            )
        self._refuse_changed()
        self._write_manifest(given.run.folder)
        (given.run.folder / _PROGRESS).unlink(missing_ok=True)
        return {"n_videos": len(items), "classes": self.source.per_class()}

    def _refuse_changed(self) -> None:
        """Raise where what is played from files is no longer what the key stands for."""
        if self.generator.needs_ids and replace(self).key != self.key:
            raise DataError(
                "the files that it plays were changed during the run: run again, and keep them"
            )

    def _items(self) -> list[tuple[int, int]]:
        """Every video that is made: the index of its still, and its number."""
        return [(i, s) for i in range(len(self.source.ids)) for s in range(self.per_item)]

    def _named(self, index: int, sample: int) -> StillId:
        return StillId(self.source.which, self.source.ids[index], sample)

    def _shape(self, stills: Stills) -> tuple[int, int, int, int]:
        _, c, h, w = stills.images.shape
        return c, self.source.settings.frames, h, w

    def _seed(self, index: int, sample: int) -> int:
        return sample_seed(self.seed, self.source.ids[index], sample)

    def _stills(self, cache: Path) -> Stills:
        """One still per record; seeds are set when they are sampled."""
        stills = self.source.stills(cache)
        return Stills(
            images=torch.stack([still.image for still in stills]),
            seeds=[0] * len(stills),
            labels=[self.source.classes.index(r.label) for r in self.source.records()],
            classes=self.source.classes,
            records=[still.source for still in stills],
        )

    def _sample(
        self, generator: Generator, stills: Stills, chosen: list[tuple[int, int]]
    ) -> np.ndarray:
        batch = replace(
            stills.subset([i for i, _ in chosen]),
            seeds=[self._seed(i, s) for i, s in chosen],
            ids=[self._named(i, s) for i, s in chosen],
        )
        return to_bytes(sample(generator, batch, self.source.settings.frames))

    def _write_manifest(self, folder: Path) -> None:
        records = self.source.records()
        manifest = {
            "ids": [r.id for r in records],
            "groups": list(self.source.groups),
            "labels": [r.label for r in records],
            "classes": self.source.classes,
            "seeds": [
                [self._seed(i, s) for s in range(self.per_item)] for i in range(len(records))
            ],
        }
        write_atomically(folder / _MANIFEST, json.dumps(manifest))


def sample_seed(seed: int, id: str, sample: int) -> int:
    """The seed of a still's sample, which does not depend on what else is synthesized.

    Args:
        seed: of the replicate's samples.
        id: of the still's record.
        sample: from 0.
    """
    return derive(seed, id, sample)


def read_synthesis(folder: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """A finished synthesis: clips uint8 (N, S, C, T, H, W), memory-mapped, and manifest."""
    clips = np.load(folder / CLIPS, mmap_mode="r", allow_pickle=False)
    return clips, json.loads((folder / _MANIFEST).read_text())


def _open(folder: Path, shape: tuple[int, ...]) -> tuple[np.memmap, int]:
    """The array to fill, and how many of its clips a killed run had finished."""
    path = folder / CLIPS
    try:
        done = int(json.loads((folder / _PROGRESS).read_text())["done"])
        clips = np.lib.format.open_memmap(path, mode="r+")
        if clips.shape == shape:
            return clips, done
    except (OSError, ValueError, KeyError):
        pass
    return np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape), 0
