"""Figures for print of what an experiment synthesized, as the LDDM paper shows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bench.cells import Synthesize
from bench.data.figure import Panel, draw_figure
from bench.matrix import Matrix
from bench.sheets import PER_CLASS, SAMPLES, chosen, made_clips, picture_name, real_clip
from bench.store import Store


def draw_figures(matrix: Matrix, store: Store) -> list[Path]:
    """Draw figures for every ratio and replicate, of what is in the store.

    ========================  ==================================================
    ``test``                  a test video of each class above, and below it
                              what each generator made of its frame 0 (as
                              Chen et al. 2024, Figure 2)
    ``<generator>-images``    images, and videos of each (as their Figure 3)
    ========================  ==================================================

    Returns:
        The PNG files, under ``figures`` in the experiment's folder.

    Raises:
        DataError: a file cannot be written.
    """
    folder = store.experiment(matrix.experiment.name) / "figures"
    drawn: list[Path] = []
    for (ratio, replicate), cells in matrix.syntheses.items():
        there = {place: cell for place, cell in cells.items() if store.result(cell.key)}
        tested = {name: cell for (name, what), cell in there.items() if what == "test"}
        if panels := list(_test_panels(tested, store)):
            drawn.append(folder / picture_name("test", ratio, replicate))
            draw_figure(panels, drawn[-1])
        for (name, what), cell in there.items():
            if what == "images" and (panels := list(_image_panels(cell, store))):
                drawn.append(folder / picture_name(f"{name}-images", ratio, replicate))
                draw_figure(panels, drawn[-1], image_apart=True)
    return drawn


def _test_panels(cells: dict[str, Synthesize], store: Store) -> Iterator[Panel]:
    """One test video of each class: the real clip, then each generator's first sample."""
    if not cells:
        return
    source = next(iter(cells.values())).source
    labels = [record.label for record in source.records()]
    for i in chosen(labels, source.classes, per_class=1):
        made = [
            (name, clip)
            for name, cell in cells.items()
            for _, clip in made_clips(cell, i, 1, store)
        ]
        yield Panel(
            labels[i], detail_of(source.ids[i]), [("real", real_clip(source, i, store)), *made]
        )


def _image_panels(cell: Synthesize, store: Store) -> Iterator[Panel]:
    labels = [record.label for record in cell.source.records()]
    for i in chosen(labels, cell.source.classes, PER_CLASS):
        rows = list(made_clips(cell, i, SAMPLES, store))
        yield Panel(labels[i], detail_of(cell.source.ids[i]), rows)


def detail_of(id: str) -> str:
    """What a figure says of a record beside its class: its name, without folders and suffix."""
    return PurePosixPath(id).stem
