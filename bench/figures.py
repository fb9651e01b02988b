"""Figures for print of what an experiment synthesized, as the LDDM paper shows it."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from bench.data.figure import Panel, draw_figure
from bench.exhibits import Exhibit, exhibits, finished
from bench.matrix import Matrix
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
    for syntheses in finished(matrix, store):
        tested = exhibits(syntheses.of("test"), store, per_class=1, samples=1, real=True)
        if panels := [_by_maker(exhibit) for exhibit in tested]:
            drawn.append(folder / syntheses.picture_name("test"))
            draw_figure(panels, drawn[-1])
        for name, cell in syntheses.of("images").items():
            made = exhibits({name: cell}, store, real=False)
            if panels := [_by_sample(exhibit) for exhibit in made]:
                drawn.append(folder / syntheses.picture_name(f"{name}-images"))
                draw_figure(panels, drawn[-1], image_apart=True)
    return drawn


def detail_of(id: str) -> str:
    """What a figure says of a record beside its class: its name, without folders and suffix."""
    return PurePosixPath(id).stem


def _by_maker(exhibit: Exhibit) -> Panel:
    """Rows labelled ``real`` and with the generators' names."""
    rows = [(maker, clip) for maker, _, clip in exhibit.clips]
    return Panel(exhibit.label, detail_of(exhibit.id), rows)


def _by_sample(exhibit: Exhibit) -> Panel:
    """Rows labelled ``sample 0`` and on."""
    rows = [(sample, clip) for _, sample, clip in exhibit.clips]
    return Panel(exhibit.label, detail_of(exhibit.id), rows)
