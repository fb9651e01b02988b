"""Which frames are worth a closer look: those whose perceptual hashes are near."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy import ndarray

from bench.audit.hashing import near, perceptual_hash
from bench.audit.likeness import WHOLE, Place, correlations
from bench.audit.signature import KEY_EVERY, LARGE, SMALL, Signature

WHOLE_RADIUS = 12
"""Bits of 63 in which the hashes of two whole frames may differ."""
CROP_RADIUS = 18
"""Bits of 63 in which the hashes of a frame and of a window of another may differ."""
PLAUSIBLE = 0.6
"""Least correlation of a candidate, before any alignment."""

_PER_PAIR = 4
_SCALES = (0.9, 0.8, 0.7)
_STEPS = (0.0, 0.5, 1.0)
_CHUNK = 64
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
    best = _Best()
    for i, j, bits in near(frames.hashes, frames.hashes, WHOLE_RADIUS):
        apart = frames.owner[i] < frames.owner[j]
        nearest = _nearest(
            frames.owner[i], frames.owner[j], bits, np.flatnonzero(apart), _NEAREST_WHOLE
        )
        i, j = i[nearest], j[nearest]
        r = correlations(frames.small[i], frames.small[j])
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
    best = _Best()
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        windows = np.stack([_window(signatures[r].large[k], *v) for r, k in chunk for v in views])
        owner = np.repeat([record for record, _ in chunk], len(views))
        for w, j, bits in near(perceptual_hash(windows), frames.hashes, CROP_RADIUS):
            apart = owner[w] != frames.owner[j]
            nearest = _nearest(
                owner[w], frames.owner[j], bits, np.flatnonzero(apart), _NEAREST_CROPS
            )
            w, j = w[nearest], j[nearest]
            r = correlations(windows[w], frames.small[j])
            best.add(w + start * len(views), j, owner[w], frames.owner[j], r)
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


def _nearest(left: ndarray, right: ndarray, bits: ndarray, among: ndarray, most: int) -> ndarray:
    """Of candidates, by index, those of every pair of records whose hashes differ least."""
    order = among[np.lexsort((bits[among], right[among], left[among]))]
    runs = _runs(left[order], right[order], order)
    return np.concatenate([members[:most] for _, members in runs] or [order])


class _Best:
    """The few best candidates of every pair of records."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], list[tuple[float, int, int]]] = {}

    def add(self, i: ndarray, j: ndarray, left: ndarray, right: ndarray, r: ndarray) -> None:
        """Take in candidates i, j of records left, right that correlate by r."""
        good = np.flatnonzero(r >= PLAUSIBLE)
        order = good[np.lexsort((-r[good], right[good], left[good]))]
        for (a, b), members in _runs(left[order], right[order], order):
            pair = (min(a, b), max(a, b))
            own = self._found.setdefault(pair, [])
            own += [(float(r[n]), int(i[n]), int(j[n])) for n in members[:_PER_PAIR]]
            own.sort(reverse=True)
            del own[_PER_PAIR:]

    def kept(self) -> Iterator[tuple[int, int, float]]:
        """All of them, by pair of records."""
        for pair in sorted(self._found):
            yield from ((i, j, r) for r, i, j in self._found[pair])


def _runs(
    left: ndarray, right: ndarray, order: ndarray
) -> Iterable[tuple[tuple[int, int], ndarray]]:
    """Stretches of equal (left, right)."""
    if not len(order):
        return
    ends = np.flatnonzero((np.diff(left) != 0) | (np.diff(right) != 0)) + 1
    for members in np.split(np.arange(len(order)), ends):
        yield (int(left[members[0]]), int(right[members[0]])), order[members]
