"""A part of a data set: the videos of one side of a split, or the image set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from bench.canonical import digest
from bench.data import Cache, ClipSettings, StillSource, VideoClips, still_of
from bench.data.region import region_of
from bench.provenance import source_digest
from plugins.clips import ClipSet
from plugins.dataset import Dataset, Record, Which
from plugins.errors import DataError
from plugins.types import Image


@dataclass(frozen=True)
class Part:
    """Records of a data set by id, and how clips are taken from them.

    Attributes:
        dataset: the reader.
        which: its videos or its images.
        ids: the records, in order.
        groups: per record, what must stay on one side of a split: the
            reader's group, or the family that it was joined with.
        classes: class names; a label is an index into them.
        settings: how clips are taken.
    """

    dataset: Dataset
    which: Which
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    classes: tuple[str, ...]
    settings: ClipSettings

    @classmethod
    def whole(
        cls, dataset: Dataset, which: Which, classes: tuple[str, ...], settings: ClipSettings
    ) -> Part:
        """All records of a data set that have one of the classes, in the reader's groups."""
        used = [record for record in all_records(dataset, which) if record.label in classes]
        ids, groups = tuple(r.id for r in used), tuple(r.group for r in used)
        return cls(dataset, which, ids, groups, classes, settings)

    def records(self) -> list[Record]:
        """The part's records, in the order of its ids."""
        found = {record.id: record for record in all_records(self.dataset, self.which)}
        return [found[i] for i in self.ids]

    def among(self, ids: Iterable[str]) -> Part:
        """Those of its records that have one of the ids."""
        kept = set(ids)
        both = [(i, g) for i, g in zip(self.ids, self.groups, strict=True) if i in kept]
        return replace(self, ids=tuple(i for i, _ in both), groups=tuple(g for _, g in both))

    def started(self, n: int) -> Part:
        """The same videos with at least ``n`` clips of each, as far as it has places for them."""
        per_video = max(n, self.settings.per_video)
        return replace(self, settings=self.settings.model_copy(update={"per_video": per_video}))

    def clips(self, cache: Path) -> VideoClips:
        """The part's clips, decoded at first use."""
        return VideoClips(self.records(), Cache(cache), self.settings, self.classes, self.groups)

    def stills(self, cache: Path) -> list[Still]:
        """Per record, what a generator continues: the image, or frame 0 of its first clip."""
        if self.which == "images":
            decoded = Cache(cache)
            return [
                Still(still_of(r, self.settings, decoded), StillSource(r, self.settings))
                for r in self.records()
            ]
        clips = self.clips(cache)
        return [Still(clips.still(i), clips.source(i)) for i in first_of_each(clips)]

    def fingerprint(self) -> str:
        """SHA-256 of all that determines the clips: contents, labels, settings, reader."""
        return digest(
            {
                "records": [
                    [r.id, r.label, group, r.fingerprint, region_of(r, self.settings)]
                    for r, group in zip(self.records(), self.groups, strict=True)
                ],
                "classes": self.classes,
                "settings": self.settings.model_dump(mode="json"),
                "reader": [
                    type(self.dataset).version,
                    source_digest(type(self.dataset).__module__),
                ],
            }
        )

    def per_class(self) -> dict[str, int]:
        """How many records each class has."""
        labels = [record.label for record in self.records()]
        return {name: labels.count(name) for name in self.classes}


@dataclass(frozen=True)
class Still:
    """One image (C, H, W) and what the data set offers about it."""

    image: Image
    source: StillSource


def first_of_each(clips: ClipSet) -> list[int]:
    """The index of each video's first clip."""
    return [i for i, name in enumerate(clips.ids) if i == 0 or clips.ids[i - 1] != name]


def all_records(dataset: Dataset, which: Which) -> tuple[Record, ...]:
    """All records of a data set; listed once per process.

    Raises:
        DataError: they cannot be listed, or two have one id.
    """
    return _listed(type(dataset), dataset.model_dump_json(), which)


@lru_cache(maxsize=8)
def _listed(reader: type[Dataset], parameters: str, which: str) -> tuple[Record, ...]:
    # By JSON, since a reader's parameters may be lists, which cannot be hashed.
    dataset = reader.model_validate_json(parameters)
    records = tuple(dataset.videos() if which == "videos" else dataset.images())
    twice = [id for id, n in Counter(record.id for record in records).items() if n > 1]
    if twice:
        raise DataError(f"dataset '{reader.name}': two of its {which} have the id '{twice[0]}'")
    return records
