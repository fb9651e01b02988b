"""Which frames are worth a closer look: those whose perceptual hashes are near."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy import ndarray

from bench.audit.best import Best, nearest
from bench.audit.hashing import near, perceptual_hash
from bench.audit.likeness import WHOLE, Place, correlations
from bench.audit.signature import KEY_EVERY, LARGE, SMALL, Signature
from bench.data.each import cores

T = TypeVar("T")

WHOLE_RADIUS = 12
"""Bits of 63 in which the hashes of two whole frames may differ."""
CROP_RADIUS = 18
"""Bits of 63 in which the hashes of a frame and of a window of another may differ."""
PLAUSIBLE = 0.6
"""Least correlation of a candidate, before any alignment."""

_PER_PAIR = 4
_SCALES = (0.9, 0.8, 0.7)
_STEPS = (0.0, 0.5, 1.0)
_MOST_FRAMES = 2048
_MOST_KEYS = 64
_NEAREST_WHOLE = 256
_NEAREST_CROPS = 8


@dataclass(frozen=True)
class Candidate:
    """A frame of one record that may be all, or a window, of a frame of another.

    Attributes:
        left, right: indices of records; the right one's frame is the piece.
        left_frame, right_frame: frames; left_frame is a key frame where not `is_whole`.
        place: of the piece in the left frame.
        mirrored: the left frame is to be mirrored.
        correlation: of the piece and that place, before any alignment.
    """

    left: int
    left_frame: int
    right: int
    right_frame: int
    place: Place
    mirrored: bool
    is_whole: bool
    correlation: float

    def picture(self, signature: Signature) -> ndarray:
        """The left record's frame: (64, 64) of a key frame, else (32, 32)."""
        if self.left_frame % KEY_EVERY == 0:
            picture = signature.large[self.left_frame // KEY_EVERY]
        else:
            picture = signature.small[self.left_frame]
        return np.ascontiguousarray(picture[:, ::-1]) if self.mirrored else picture


@dataclass(frozen=True)
class _Frames:
    """The frames of all records that have enough contrast, one after the other."""

    owner: ndarray
    number: ndarray
    hashes: ndarray
    small: ndarray

    @classmethod
    def of(cls, signatures: Sequence[Signature], flat: float) -> _Frames:
        numbers = [np.flatnonzero(s.contrast >= flat) for s in signatures]
        small = np.concatenate([s.small[n] for s, n in zip(signatures, numbers, strict=True)])
        owner = np.repeat(np.arange(len(signatures)), [len(n) for n in numbers])
        return cls(owner, np.concatenate(numbers), perceptual_hash(small), small)


def whole(signatures: Sequence[Signature], flat: float) -> list[Candidate]:
    """Pairs of whole frames, a few per pair of records: those that correlate best."""
    frames = _Frames.of(signatures, flat)
    best = Best(PLAUSIBLE, _PER_PAIR)

    def look(block: slice) -> tuple[ndarray, ndarray, ndarray]:
        i, j, bits = near(frames.hashes[block], frames.hashes, WHOLE_RADIUS)
        i += block.start
        apart = frames.owner[i] < frames.owner[j]
        kept = nearest(
            frames.owner[i], frames.owner[j], bits, np.flatnonzero(apart), _NEAREST_WHOLE
        )
        i, j = i[kept], j[kept]
        return i, j, correlations(frames.small[i], frames.small[j])

    for i, j, r in _in_parallel(look, _blocks(frames.owner, _MOST_FRAMES)):
        best.add(i, j, frames.owner[i], frames.owner[j], r)
    return [
        Candidate(
            int(frames.owner[i]),
            int(frames.number[i]),
            int(frames.owner[j]),
            int(frames.number[j]),
            WHOLE,
            mirrored=False,
            is_whole=True,
            correlation=correlation,
        )
        for i, j, correlation in best.kept()
    ]


def cropped(signatures: Sequence[Signature], flat: float) -> list[Candidate]:
    """Frames that may be a window of another record's key frame, or its mirror image."""
    frames = _Frames.of(signatures, flat)
    keys = [
        (record, key)
        for record, signature in enumerate(signatures)
        for key in range(len(signature.large))
        if signature.contrast[key * KEY_EVERY] >= flat
    ]
    views = list(_views())
    best = Best(PLAUSIBLE, _PER_PAIR)
    key_owner = np.array([record for record, _ in keys], int)
    owner = np.repeat(key_owner, len(views))

    def look(block: slice) -> tuple[ndarray, ndarray, ndarray]:
        windows = np.stack(
            [_window(signatures[r].large[k], *v) for r, k in keys[block] for v in views]
        )
        first = block.start * len(views)
        w, j, bits = near(perceptual_hash(windows), frames.hashes, CROP_RADIUS)
        left, right = owner[w + first], frames.owner[j]
        kept = nearest(left, right, bits, np.flatnonzero(left != right), _NEAREST_CROPS)
        w, j = w[kept], j[kept]
        return w + first, j, correlations(windows[w], frames.small[j])

    for w, j, r in _in_parallel(look, _blocks(key_owner, _MOST_KEYS)):
        best.add(w, j, owner[w], frames.owner[j], r)
    found = []
    for window, piece, correlation in best.kept():
        (record, key), (place, mirrored) = keys[window // len(views)], views[window % len(views)]
        found.append(
            Candidate(
                record,
                key * KEY_EVERY,
                int(frames.owner[piece]),
                int(frames.number[piece]),
                place,
                mirrored,
                is_whole=False,
                correlation=correlation,
            )
        )
    return found


def _in_parallel(look: Callable[[slice], T], blocks: Iterable[slice]) -> Iterator[T]:
    """What ``look`` returns for each block, in order; one block per core at a time."""
    with ThreadPoolExecutor(cores()) as pool:
        yield from pool.map(look, blocks)


def _blocks(owner: ndarray, most: int) -> Iterator[slice]:
    """Stretches of whole records, or of one that is longer than ``most``.

    How many candidates of two records are looked at is limited by stretch:
    so that it depends on these two, and on none beside them.
    """
    ends = np.flatnonzero(np.diff(owner, append=-1)) + 1
    start = 0
    for begin, end in zip([0, *ends], ends, strict=False):
        if end - start > most and start < begin:
            yield slice(start, int(begin))
            start = int(begin)
        while end - start > most:
            yield slice(start, start + most)
            start += most
        if end == len(owner):
            yield slice(start, int(end))


def _views() -> Iterator[tuple[Place, bool]]:
    """The windows that are looked for, and the whole frame mirrored."""
    yield WHOLE, True
    for scale in _SCALES:
        for top in _STEPS:
            for left in _STEPS:
                yield Place(left * (1 - scale), top * (1 - scale), scale, scale), False


def _window(picture: ndarray, place: Place, mirrored: bool) -> ndarray:
    if mirrored:
        picture = picture[:, ::-1]
    left, top = round(place.left * LARGE), round(place.top * LARGE)
    side = round(place.width * LARGE)
    cut = np.ascontiguousarray(picture[top : top + side, left : left + side])
    return cv2.resize(cut, (SMALL, SMALL), interpolation=cv2.INTER_AREA)
