"""Contact sheets of what an experiment synthesized, to be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bench.data import contact_sheet
from bench.data.pair_sheet import pair_sheet
from bench.exhibits import Exhibit, Syntheses, exhibits, finished
from bench.matrix import Matrix
from bench.store import Store
from bench.worst_pairs import worst_pairs


def draw_sheets(matrix: Matrix, store: Store) -> list[Path]:
    """Draw sheets for every ratio and replicate, of what is in the store.

    ========================  ==================================================
    ``all-test``              a test video of each class, and below it what each
                              generator made of its frame 0
    ``<generator>-test``      two of each class, and below each several samples
    ``<generator>-images``    images, and several videos of each
    ``<metric>-<generator>``  for metrics that tell of pairs, the synthesized
                              clips that are most like training clips
    ========================  ==================================================

    Returns:
        The PNG files, under ``sheets`` in the experiment's folder.

    Raises:
        DataError: a file cannot be written.
    """
    folder = store.experiment(matrix.experiment.name) / "sheets"
    drawn: list[Path] = []
    for syntheses in finished(matrix, store):
        for kind, shown in _sheets(syntheses, store):
            rows = list(_rows(shown))
            if rows:
                drawn.append(folder / syntheses.picture_name(kind))
                contact_sheet(rows, drawn[-1])
        for kind, pairs in worst_pairs(matrix, syntheses, store):
            drawn.append(folder / syntheses.picture_name(kind))
            pair_sheet(pairs, drawn[-1])
    return drawn


def _sheets(syntheses: Syntheses, store: Store) -> Iterator[tuple[str, Iterator[Exhibit]]]:
    """The sheets by kind, and what stands on each."""
    tested = syntheses.of("test")
    yield "all-test", exhibits(tested, store, per_class=1, samples=1, real=True)
    for (name, what), cell in syntheses.cells.items():
        yield f"{name}-{what}", exhibits({name: cell}, store, real=what == "test")


def _rows(shown: Iterable[Exhibit]) -> Iterator[tuple[str, Any]]:
    """A caption and a clip for each row."""
    for exhibit in shown:
        for maker, sample, clip in exhibit.clips:
            made = f"{maker}, {sample}" if sample else maker
            yield f"{exhibit.label}: {exhibit.id} · {made}", clip
