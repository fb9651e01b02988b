"""Contact sheets of what an experiment synthesized, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.cells import Synthesize
from bench.cells.part import Part, first_of_each
from bench.cells.synthesize import read_synthesis
from bench.data import contact_sheet
from bench.matrix import Matrix
from bench.store import Store

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
                drawn.append(folder / f"{kind}-{ratio.replace(':', '-')}-r{replicate}.png")
                contact_sheet(drawn_rows, drawn[-1])
    return drawn


def _rows(
    cells: dict[str, Synthesize], store: Store, per_class: int, samples: int, real: bool
) -> Iterator[Row]:
    """Some items of each class: the real clip where wanted, then each generator's."""
    if not cells:
        return
    source = next(iter(cells.values())).source
    labels = [record.label for record in source.records()]
    for i in _chosen(labels, source.classes, per_class):
        told = f"{labels[i]}: {source.ids[i]}"
        if real:
            yield f"{told} · real", _real(source, i, store)
        for name, cell in cells.items():
            yield from _made(cell, i, f"{told} · {name}", samples, store)


def _chosen(labels: list[str], classes: tuple[str, ...], per_class: int) -> list[int]:
    members = [[i for i, label in enumerate(labels) if label == name] for name in classes]
    return [i for own in members for i in own[:per_class]]


def _real(source: Part, index: int, store: Store) -> Any:
    clips = source.clips(store.cache)
    return clips[first_of_each(clips)[index]]


def _made(cell: Synthesize, index: int, caption: str, samples: int, store: Store) -> Iterator[Row]:
    clips, _ = read_synthesis(store.cell(cell.key))
    for s in range(min(clips.shape[1], samples)):
        yield caption if clips.shape[1] == 1 else f"{caption}, sample {s}", clips[index, s]
