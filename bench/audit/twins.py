"""Which records share a frame, or nearly the same one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

from bench.audit.candidates import Candidate, cropped, whole
from bench.audit.likeness import SAME_VIEW, aligned
from bench.audit.signature import Signature
from bench.data.each import cores

Kind = Literal["equal", "copy", "same view"]

FLAT = 4.0
"""Frames of less contrast (standard deviation, grey levels) are compared with none."""

_ORDER: dict[str, int] = {"equal": 0, "copy": 1, "same view": 2}


@dataclass(frozen=True)
class Twins:
    """Two records, and the two frames by which they were found to be alike.

    Attributes:
        left, right: indices of the records, left < right.
        left_frame, right_frame: counted from 0.
        kind: ``equal`` to the last pixel; a ``copy`` that was cropped,
            rescaled, brightened, mirrored or encoded anew; or the ``same
            view``, as neighbouring frames of one sweep are.
        correlation: of the two frames: whole ones, or laid onto each other
            where it is a copy.
        detail: correlation of their fine detail, where it is a copy.
        shared: how many different frames are equal, where some are.
    """

    left: int
    right: int
    left_frame: int
    right_frame: int
    kind: Kind
    correlation: float = 1.0
    detail: float | None = None
    shared: int = 0

    @property
    def words(self) -> str:
        """What both show."""
        if self.kind == "equal":
            more = f" ({self.shared} frames are equal)" if self.shared > 1 else ""
            return f"the very same frame{more}"
        what = "the same frame, copied" if self.kind == "copy" else "nearly the same view"
        return f"{what} (correlation {self.correlation:.3f})"


def find_twins(
    signatures: Sequence[Signature], report: Callable[[int, int], None] | None = None
) -> list[Twins]:
    """The pairs of records that share a frame, each once, with its strongest evidence.

    Equal frames are found by their digests. For others, frames whose
    perceptual hashes are near are candidates; whole frames that correlate
    by at least `likeness.SAME_VIEW` are the same view, and those that
    after an affine alignment correlate by `likeness.COPY`, and their detail
    by `likeness.COPY_DETAIL`, are copies. Crops down to 0.7 of a side, and
    mirrored copies, are looked for in every eighth frame.

    Args:
        signatures: of all records.
        report: called with pairs of records looked at and their total.

    Returns:
        In the order of the records; what is found does not depend on it.
    """
    if len(signatures) < 2:
        return []
    # Which frame is laid onto which, and which of equally good candidates are
    # looked at, follows from the order: so from the contents, not the caller's.
    order = sorted(range(len(signatures)), key=lambda i: signatures[i].digests.tobytes())
    found = _find([signatures[i] for i in order], report)
    return sorted((_of_places(t, order) for t in found), key=lambda t: (t.left, t.right))


def _find(
    signatures: Sequence[Signature], report: Callable[[int, int], None] | None
) -> list[Twins]:
    found = _equal(signatures)
    candidates: dict[tuple[int, int], list[Candidate]] = {}
    for one in (*whole(signatures, FLAT), *cropped(signatures, FLAT)):
        pair = (min(one.left, one.right), max(one.left, one.right))
        if pair not in found:
            candidates.setdefault(pair, []).append(one)
    with ThreadPoolExecutor(cores()) as pool:
        judged = pool.map(lambda those: _judged(signatures, those), candidates.values())
        for done, (pair, twins) in enumerate(zip(candidates, judged, strict=True)):
            if report:
                report(done + 1, len(candidates))
            if twins:
                found[pair] = twins
    return list(found.values())


def _of_places(twins: Twins, places: Sequence[int]) -> Twins:
    """The same of the records that stand at other places."""
    both = [(places[twins.left], twins.left_frame), (places[twins.right], twins.right_frame)]
    (left, left_frame), (right, right_frame) = sorted(both)
    return replace(twins, left=left, right=right, left_frame=left_frame, right_frame=right_frame)


def _equal(signatures: Sequence[Signature]) -> dict[tuple[int, int], Twins]:
    """All pairs of records with a frame that is the same to the last pixel."""
    first: dict[bytes, dict[int, int]] = {}
    for record, signature in enumerate(signatures):
        for frame in np.flatnonzero(signature.contrast >= FLAT).tolist():
            places = first.setdefault(signature.digests[frame].tobytes(), {})
            places.setdefault(record, frame)
    shared: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for places in first.values():
        for left, right in combinations(places, 2):
            shared.setdefault((left, right), []).append((places[left], places[right]))
    return {
        pair: Twins(*pair, *min(frames), "equal", shared=len(frames))
        for pair, frames in shared.items()
    }


def _judged(signatures: Sequence[Signature], candidates: list[Candidate]) -> Twins | None:
    """The strongest evidence of the candidates of one pair of records."""
    judged = [twins for c in candidates if (twins := _judge(signatures, c))]
    return min(judged, key=lambda t: (_ORDER[t.kind], -t.correlation), default=None)


def _judge(signatures: Sequence[Signature], candidate: Candidate) -> Twins | None:
    frame = candidate.picture(signatures[candidate.left])
    piece = signatures[candidate.right].small[candidate.right_frame]
    likeness = aligned(frame, piece, candidate.place)
    if likeness and likeness.is_copy:
        return _twins(candidate, "copy", likeness.correlation, likeness.detail)
    if candidate.is_whole and candidate.correlation >= SAME_VIEW:
        return _twins(candidate, "same view", candidate.correlation, None)
    return None


def _twins(candidate: Candidate, kind: Kind, correlation: float, detail: float | None) -> Twins:
    both = [(candidate.left, candidate.left_frame), (candidate.right, candidate.right_frame)]
    (left, left_frame), (right, right_frame) = sorted(both)
    detail = detail and round(detail, 4)
    return Twins(left, right, left_frame, right_frame, kind, round(correlation, 4), detail)
