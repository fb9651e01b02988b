"""How far sets of clips of growing disturbance are from clean clips of other patients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from disturbances import Disturbance
from reel import Reel
from rulers import RULERS, Ruler, Seen, seen

from plugins.classifier import Classifier
from plugins.clips import ClipSet, MemoryClips
from plugins.errors import DataError
from plugins.seeds import derive
from plugins.types import Clip

Halves = list[tuple[np.ndarray, np.ndarray]]
"""Per halving, the clips of A and of B."""
LEAST = 3
"""Clips in a half: without one, the kernel distance takes two."""


@dataclass(frozen=True)
class Curve:
    """A ruler along the levels of a disturbance.

    Attributes:
        values: (levels, halvings); the first level is the clean set.
        errors: (levels,), the standard error, mean over halvings; None where there is none.
    """

    values: np.ndarray
    errors: np.ndarray | None

    @property
    def clean(self) -> np.ndarray:
        """(halvings,)."""
        return self.values[0]

    @property
    def above(self) -> int:
        """Halvings in which the strongest level is farther than the clean set."""
        return int((self.values[-1] > self.clean).sum())

    @property
    def spread(self) -> float:
        """The standard deviation of the clean values over halvings; 0 where all are one."""
        return float(self.clean.std(ddof=1)) if np.ptp(self.clean) else 0.0

    def in_deviations(self) -> np.ndarray:
        """Values less the clean mean, in `spread`; NaN where that is 0."""
        if not self.spread:
            return np.full_like(self.values, np.nan)
        return (self.values - self.clean.mean()) / self.spread


def halves(n_clips: int, count: int, seed: int) -> Halves:
    """Random halves of the clips, all of one size; of an odd number one clip is left out.

    Raises:
        DataError: there are too few clips.
    """
    size = n_clips // 2
    if size < LEAST:
        raise DataError(
            f"the test videos are of {n_clips} patients, and a half would hold {size}; at least "
            f"{LEAST} are needed: use more videos, or a ratio with more of them"
        )
    random = np.random.default_rng(derive(seed, "sensitivity"))
    orders = [random.permutation(n_clips) for _ in range(count)]
    return [(order[:size], order[size : 2 * size]) for order in orders]


def curves(
    disturbances: Sequence[Disturbance],
    reels: Sequence[Reel],
    like: ClipSet,
    classifier: Classifier,
    drawn: Halves,
) -> Iterator[tuple[Disturbance, dict[str, Curve]]]:
    """Per disturbance, the curves by the rulers' names.

    Args:
        like: the clean clips, one per reel.
        drawn: from `halves`.
    """
    clean = seen(like, classifier)
    for disturbance in disturbances:
        per_level = [clean]
        for level in disturbance.levels[1:]:
            made = [disturbance.made(reel, level) for reel in reels]
            per_level.append(seen(in_bytes(made, like), classifier))
        yield disturbance, {r.name: _curve(r, clean, per_level, drawn) for r in RULERS}


def in_bytes(made: Sequence[Clip], like: ClipSet) -> MemoryClips:
    """Clips rounded to 8 bits, as synthesized ones are stored, with the labels of others."""
    pixels = torch.stack([(255 * clip).round().to(torch.uint8) for clip in made])
    return MemoryClips(pixels, like.labels, like.classes, like.ids, like.groups)


def _curve(ruler: Ruler, clean: Seen, per_level: Sequence[Seen], drawn: Halves) -> Curve:
    first = clean[ruler.name]
    readings = [
        [ruler.between(first[a], other[ruler.name][b]) for a, b in drawn] for other in per_level
    ]
    values = np.array([[reading.value for reading in row] for row in readings])
    errors = [[r.error for r in row if r.error is not None] for row in readings]
    return Curve(values, np.array([np.mean(row) for row in errors]) if errors[0] else None)
