"""Contact sheets of what an experiment synthesized, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.cells import Synthesize
from bench.cells.part import Part, first_of_each
from bench.cells.synthesize import read_synthesis
from bench.data import contact_sheet
from bench.matrix import Continued, Matrix
from bench.store import Store

PER_CLASS = 2
"""Items shown of each class: the first ones."""
SAMPLES = 3
"""Samples shown of each item, where there are so many."""

Row = tuple[str, Any]


def draw_sheets(matrix: Matrix, store: Store) -> list[Path]:
    """Draw two sheets for every ratio and replicate, of what is in the store.

    ``test-…`` shows each chosen test video and below it what every
    generator makes of its frame 0; ``images-…`` what every generator makes
    of images that none has seen.

    Returns:
        The PNG files, under ``sheets`` in the experiment's folder.

    Raises:
        DataError: a file cannot be written.
    """
    drawn: list[Path] = []
    for place in matrix.syntheses:
        for what in ("test", "images"):
            rows = list(_rows(matrix, place, what, store))
            if rows:
                ratio, replicate = place
                name = f"{what}-{ratio.replace(':', '-')}-r{replicate}.png"
                path = store.experiment(matrix.experiment.name) / "sheets" / name
                contact_sheet(rows, path)
                drawn.append(path)
    return drawn


def _rows(matrix: Matrix, place: tuple[str, int], what: Continued, store: Store) -> Iterator[Row]:
    """Per item its real clip, where there is one, then each generator's."""
    cells = {
        name: cell
        for (name, which), cell in matrix.syntheses[place].items()
        if which == what and store.result(cell.key)
    }
    if not cells:
        return
    source = next(iter(cells.values())).source
    labels = [record.label for record in source.records()]
    for i in _chosen(labels, source.classes):
        told = f"{labels[i]}: {source.ids[i]}"
        if what == "test":
            yield f"{told} · real", _real(source, i, store)
        for name, cell in cells.items():
            yield from _made(cell, i, f"{told} · {name}", store)


def _chosen(labels: list[str], classes: tuple[str, ...]) -> list[int]:
    members = [[i for i, label in enumerate(labels) if label == name] for name in classes]
    return [i for own in members for i in own[:PER_CLASS]]


def _real(source: Part, index: int, store: Store) -> Any:
    clips = source.clips(store.cache)
    return clips[first_of_each(clips)[index]]


def _made(cell: Synthesize, index: int, caption: str, store: Store) -> Iterator[Row]:
    clips, _ = read_synthesis(store.cell(cell.key))
    for s in range(min(clips.shape[1], SAMPLES)):
        yield caption if clips.shape[1] == 1 else f"{caption}, sample {s + 1}", clips[index, s]
