"""Contact sheets of what an experiment synthesized, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.cells import Synthesize
from bench.cells.part import Part, first_of_each
from bench.cells.synthesize import read_synthesis
from bench.data import contact_sheet
from bench.matrix import Matrix
from bench.store import Store
from plugins.types import Clip

PER_CLASS = 2
"""Items of each class on a generator's sheet: the first ones."""
SAMPLES = 3
"""Samples of each item there, where there are so many."""

Row = tuple[str, Any]


def draw_sheets(matrix: Matrix, store: Store) -> list[Path]:
    """Draw sheets for every ratio and replicate, of what is in the store.

    ========================  ==================================================
    ``all-test``              a test video of each class, and below it what each
                              generator made of its frame 0
    ``<generator>-test``      two of each class, and below each several samples
    ``<generator>-images``    images, and several videos of each
    ========================  ==================================================

    Returns:
        The PNG files, under ``sheets`` in the experiment's folder.

    Raises:
        DataError: a file cannot be written.
    """
    folder = store.experiment(matrix.experiment.name) / "sheets"
    drawn: list[Path] = []
    for (ratio, replicate), cells in matrix.syntheses.items():
        there = {place: cell for place, cell in cells.items() if store.result(cell.key)}
        tested = {name: cell for (name, what), cell in there.items() if what == "test"}
        sheets = {"all-test": _rows(tested, store, per_class=1, samples=1, real=True)}
        for (name, what), cell in there.items():
            sheets[f"{name}-{what}"] = _rows(
                {name: cell}, store, PER_CLASS, SAMPLES, real=what == "test"
            )
        for kind, rows in sheets.items():
            drawn_rows = list(rows)
            if drawn_rows:
                drawn.append(folder / picture_name(kind, ratio, replicate))
                contact_sheet(drawn_rows, drawn[-1])
    return drawn


def picture_name(kind: str, ratio: str, replicate: int) -> str:
    """A PNG file's name without the colons of ``lddm:paper`` and ``7:3``."""
    return f"{kind.replace(':', '.')}-{ratio.replace(':', '-')}-r{replicate}.png"


def _rows(
    cells: dict[str, Synthesize], store: Store, per_class: int, samples: int, real: bool
) -> Iterator[Row]:
    """Some items of each class: the real clip where wanted, then each generator's."""
    if not cells:
        return
    source = next(iter(cells.values())).source
    labels = [record.label for record in source.records()]
    for i in chosen(labels, source.classes, per_class):
        told = f"{labels[i]}: {source.ids[i]}"
        if real:
            yield f"{told} · real", real_clip(source, i, store)
        for name, cell in cells.items():
            for sample, clip in made_clips(cell, i, samples, store):
                yield f"{told} · {name}{sample and f', {sample}'}", clip


def chosen(labels: Sequence[str], classes: Sequence[str], per_class: int) -> list[int]:
    """The indices of the first items of each class, class by class."""
    members = [[i for i, label in enumerate(labels) if label == name] for name in classes]
    return [i for own in members for i in own[:per_class]]


def real_clip(source: Part, index: int, store: Store) -> Clip:
    """The first clip of a part's video, (C, T, H, W) in [0, 1]."""
    clips = source.clips(store.cache)
    return clips[first_of_each(clips)[index]]


def made_clips(cell: Synthesize, index: int, samples: int, store: Store) -> Iterator[Row]:
    """What was synthesized of an item: ``sample 0`` and on, unnamed where there is but one.

    Yields:
        The name, and the clip: uint8 (C, T, H, W).
    """
    clips, _ = read_synthesis(store.cell(cell.key))
    for s in range(min(clips.shape[1], samples)):
        yield "" if clips.shape[1] == 1 else f"sample {s}", clips[index, s]
