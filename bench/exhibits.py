"""What sheets and figures show of an experiment: some items of each class, real and made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from torch import Tensor

from bench.cells import Synthesize
from bench.cells.part import Part, first_of_each
from bench.cells.synthesize import read_synthesis
from bench.matrix import Continued, Matrix
from bench.store import Store
from plugins.types import Clip

PER_CLASS = 2
"""Items of each class that are shown of one generator: the first ones."""
SAMPLES = 3
"""Samples of each item there, where there are so many."""
REAL = "real"
"""The maker of a clip that was not synthesized."""


class Shown(NamedTuple):
    """One clip of an item.

    Attributes:
        maker: a generator's name, or `REAL`.
        sample: ``sample 0`` and on, empty where there is but one.
        clip: (C, T, H, W): float in [0, 1] where it is real, else uint8.
    """

    maker: str
    sample: str
    clip: Tensor | np.ndarray


@dataclass(frozen=True)
class Exhibit:
    """A video or image of the data and its clips.

    Attributes:
        label: the name of its class.
        id: its id in the data set.
        clips: the real one first, where it is shown; then each generator's.
    """

    label: str
    id: str
    clips: list[Shown]


@dataclass(frozen=True)
class Syntheses:
    """What is in the store of one ratio and replicate.

    Attributes:
        cells: finished ones, by the generator's name and what is continued.
    """

    ratio: str
    replicate: int
    cells: Mapping[tuple[str, Continued], Synthesize]

    def of(self, continued: Continued) -> dict[str, Synthesize]:
        """Those that continue the test videos or the images, by the generator's name."""
        return {name: cell for (name, what), cell in self.cells.items() if what == continued}

    def picture_name(self, kind: str) -> str:
        """A PNG file's name without the colons of ``lddm:paper`` and ``7:3``."""
        ratio = self.ratio.replace(":", "-")
        return f"{kind.replace(':', '.')}-{ratio}-r{self.replicate}.png"


def finished(matrix: Matrix, store: Store) -> Iterator[Syntheses]:
    """The finished syntheses of every ratio and replicate, in the matrix's order."""
    for (ratio, replicate), cells in matrix.syntheses.items():
        there = {place: cell for place, cell in cells.items() if store.result(cell.key)}
        yield Syntheses(ratio, replicate, there)


def exhibits(
    cells: Mapping[str, Synthesize],
    store: Store,
    per_class: int = PER_CLASS,
    samples: int = SAMPLES,
    *,
    real: bool,
) -> Iterator[Exhibit]:
    """The first items of each class, class by class.

    Args:
        cells: by the generator's name, all of one source; none gives no items.
        store: holds their results.
        per_class: items.
        samples: of each item and generator at most.
        real: whether the item's own clip is shown first; an image has none.
    """
    if not cells:
        return
    source = next(iter(cells.values())).source
    labels = [record.label for record in source.records()]
    for i in _first_of_each_class(labels, source.classes, per_class):
        shown = [Shown(REAL, "", _real_clip(source, i, store))] if real else []
        for name, cell in cells.items():
            shown += _made_clips(name, cell, i, samples, store)
        yield Exhibit(labels[i], source.ids[i], shown)


def _first_of_each_class(
    labels: Sequence[str], classes: Sequence[str], per_class: int
) -> list[int]:
    members = [[i for i, label in enumerate(labels) if label == name] for name in classes]
    return [i for own in members for i in own[:per_class]]


def _real_clip(source: Part, index: int, store: Store) -> Clip:
    """The first clip of a part's video, float (C, T, H, W) in [0, 1]."""
    clips = source.clips(store.cache)
    return clips[first_of_each(clips)[index]]


def _made_clips(
    name: str, cell: Synthesize, index: int, samples: int, store: Store
) -> Iterator[Shown]:
    """What was synthesized of an item: uint8 (C, T, H, W)."""
    clips, _ = read_synthesis(store.cell(cell.key))
    n_made = clips.shape[1]
    for s in range(min(n_made, samples)):
        yield Shown(name, "" if n_made == 1 else f"sample {s}", clips[index, s])
