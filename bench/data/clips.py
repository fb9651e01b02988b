"""Clips of videos, and stills: what classifiers and generators are given."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from bench.data.cache import Cache
from bench.data.indices import Indices, clip_indices, drawn_start, lead, n_places, offsets, starts
from bench.data.region import framing, without_region
from bench.data.settings import ClipSettings as ClipSettings
from plugins.clips import ClipSet
from plugins.dataset import Record
from plugins.errors import DataError
from plugins.types import Clip, Frames, Image


class VideoClips(ClipSet):
    """The clips of videos; pixels are read from the cache when asked for.

    Args:
        records: the videos; `Cache.fill` them first, or they are decoded
            here one after the other.
        cache: of decoded videos.
        settings: what a clip is.
        classes: the class names, a label is an index into them; by
            default the sorted labels of the records.
        groups: per record, what must stay together; by default its own group.

    Attributes:
        starts: per clip, the video frame where it starts: its frame 0.
        records: per clip, its video.
        dropped: ids of the videos left out as shorter than the span;
            empty unless ``settings.short`` is ``drop``.
        without_region: ids of the videos used whole, as they have no
            region of interest; empty unless ``settings.region`` is ``box``.

    Raises:
        DataError: a video cannot be read, a label is none of the
            classes, or no clip is left.
    """

    def __init__(
        self,
        records: Sequence[Record],
        cache: Cache,
        settings: ClipSettings,
        classes: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
    ) -> None:
        self.classes = tuple(classes or sorted({record.label for record in records}))
        self.shape = settings.shape
        self.settings = settings
        self._cache = cache
        self._offsets = offsets(settings)
        index = {name: i for i, name in enumerate(self.classes)}
        unknown = sorted({record.label for record in records} - index.keys())
        if unknown:
            raise DataError(
                f"class '{unknown[0]}' is none of the experiment's: {', '.join(self.classes)}"
            )
        videos = [_opened(record, cache, settings) for record in records]
        kept = [video for video in videos if _is_used(video.length, settings)]
        self.dropped = tuple(v.record.id for v in videos if not _is_used(v.length, settings))
        self.without_region = without_region([video.record for video in kept], settings)
        placed = [
            (video, int(self._indices(video.length, int(start))[0]))
            for video in kept
            for start in starts(video.length, settings.span, settings.per_video)
        ]
        if not placed:
            raise DataError(
                f"no video is left: all {len(records)} are shorter than span = {settings.span} "
                "frames; lower span, or set short = 'loop' or 'hold'"
                if records
                else "no clips without videos"
            )
        self.records = [video.record for video, _ in placed]
        self.starts = [start for _, start in placed]
        self._paths = [video.path for video, _ in placed]
        many = any(n_places(video.length, settings.span) > 1 for video in kept)
        self.draws = many and settings.start == "random"
        self.ids = [record.id for record in self.records]
        self.labels = [index[record.label] for record in self.records]
        own = {r.id: g for r, g in zip(records, groups or (), strict=bool(groups))}
        self.groups = [own.get(record.id, record.group) for record in self.records]

    def __getitem__(self, index: int) -> Clip:
        """The clip at an index, float32 (C, T, H, W) in [0, 1]."""
        frames = self._frames(index)
        chosen = clip_indices(len(frames), self.starts[index], self._offsets, self.settings.short)
        return as_clip(np.asarray(frames[chosen]))

    def draw(self, index: int, seed: int) -> Clip:
        """For training: a clip of the same video from a place drawn by the seed alone.

        All places that hold a span are equally likely, whatever
        ``per_video`` is. With ``settings.start`` ``fixed``, ``self[index]``.
        """
        if self.settings.start == "fixed":
            return self[index]
        frames = self._frames(index)
        start = drawn_start(len(frames), self.settings.span, seed)
        return as_clip(np.asarray(frames[self._indices(len(frames), start)]))

    def still(self, index: int) -> Image:
        """Frame 0 of the clip at an index, float32 (C, H, W) in [0, 1]."""
        return as_clip(np.asarray(self._frames(index)[self.starts[index]])[None])[:, 0]

    def source(self, index: int) -> StillSource:
        """What the data set offers about frame 0 of the clip at an index."""
        return StillSource(self.records[index], self.settings, self.starts[index])

    def _frames(self, index: int) -> np.memmap:
        return self._cache.mapped(self._paths[index], self.records[index], self.settings)

    def _indices(self, length: int, span_start: int) -> Indices:
        first = span_start + lead(self.settings)
        return clip_indices(length, first, self._offsets, self.settings.short)


class StillSource:
    """A still as generators see its record: ``StillRecord`` of the contract.

    Args:
        record: an image, or the video whose frame the still is.
        settings: what a clip is.
        start: the video frame that the still is.
    """

    def __init__(self, record: Record, settings: ClipSettings, start: int = 0) -> None:
        self.id = record.id
        self._record = record
        self._settings = settings
        self._start = start

    def continuation(self, n_frames: int, seed: int, *, blind: bool = False) -> Clip:
        """What truly follows the still, sampled as the clips are.

        Args:
            n_frames: T; at the clips' frame rate, whatever T is.
            seed: of all that is random after frame 0.
            blind: redraw what frame 0 cannot tell.

        Returns:
            (C, T, H, W) in [0, 1].

        Raises:
            DataError: the data set cannot tell, or the still is not the
                first frame of its video.
        """
        if self._start:
            raise DataError(
                f"{self.id}: what follows is known from the first frame on, but this clip starts "
                f"at frame {self._start}; set span to the videos' length, and sampling to 'uniform'"
            )
        chosen = offsets(self._settings, n_frames)
        true = self._record.continuation(int(chosen[-1]) + 1, seed, blind=blind)
        framed = framing(self._record, self._settings)
        return as_clip(np.stack([framed(frame) for frame in true[chosen]]))


def still_of(record: Record, settings: ClipSettings, cache: Cache) -> Image:
    """An image, or the first frame of a video, at the clips' size.

    Returns:
        float32 (C, H, W) in [0, 1].

    Raises:
        DataError: the file cannot be read.
    """
    return as_clip(np.asarray(cache.frames(record, settings)[:1]))[:, 0]


def by_length(
    records: Sequence[Record], cache: Cache, settings: ClipSettings
) -> tuple[list[Record], tuple[str, ...]]:
    """Part the videos into those to use and the ids of those left out as too short.

    None is left out unless ``settings.short`` is ``drop``. Call it before
    a split, so that no class loses its videos of one side afterwards.
    Lengths are counted by decoding, so it fills the cache.

    Raises:
        DataError: videos cannot be read; names all of them.
    """
    if settings.short != "drop":
        return list(records), ()
    cache.fill(records, settings)
    lengths = [cache.length(record, settings) for record in records]
    used = [_is_used(length, settings) for length in lengths]
    kept = [record for record, is_used in zip(records, used, strict=True) if is_used]
    return kept, tuple(r.id for r, is_used in zip(records, used, strict=True) if not is_used)


class _Opened(NamedTuple):
    record: Record
    path: Path
    length: int


def _opened(record: Record, cache: Cache, settings: ClipSettings) -> _Opened:
    path = cache.path(record, settings)
    return _Opened(record, path, len(cache.mapped(path, record, settings)))


def _is_used(length: int, settings: ClipSettings) -> bool:
    return settings.short != "drop" or length >= settings.span


def as_clip(frames: Frames) -> Clip:
    """From uint8 (T, H, W, C) to float32 (C, T, H, W) in [0, 1]."""
    # A copy always: the cache's own pages are read-only, which torch has no tensors for.
    pixels = torch.from_numpy(np.array(frames.transpose(3, 0, 1, 2), order="C"))
    return pixels.float() / 255
