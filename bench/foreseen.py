"""Which cells of a run will fail, as far as that is known before the first is computed."""

from __future__ import annotations

from collections.abc import Iterator

from bench.cells import ScoreFeatures
from bench.matrix import Matrix
from bench.store import Store
from plugins.base import Plugin
from plugins.errors import DataError
from plugins.metric import Metric
from plugins.weight_needs import weights_of
from plugins.weights import Registry


def foreseen(matrix: Matrix, store: Store) -> list[str]:
    """One line per generator or metric of the experiment: what it lacks, and what to do.

    Nothing is refused: what needs nothing that is lacking is computed all
    the same. A plugin whose cells are all in the store already is left out.
    """
    return [*_of_generators(matrix, store), *_of_metrics(matrix, store)]


def _of_generators(matrix: Matrix, store: Store) -> Iterator[str]:
    for name, generator in matrix.materials.generators.items():
        syntheses = [
            cell
            for cells in matrix.syntheses.values()
            for (whose, _), cell in cells.items()
            if whose == name
        ]
        # What learned is asked for its fit alone: nothing else reads a loss.
        keys = [cell.fit.key if cell.fit else cell.key for cell in syntheses]
        if _left(keys, store) and (lacking := _unregistered(generator)):
            yield f"{name}: {lacking}: its cells will fail; see: bench weights list"


def _of_metrics(matrix: Matrix, store: Store) -> Iterator[str]:
    for name, metric in matrix.materials.metrics.items():
        keys = [key for point, key in matrix.points.items() if point.metric == name]
        if not _left(keys, store):
            continue
        if _left(_looks(matrix, keys), store) and (lacking := _unregistered(metric)):
            yield f"{name}: {lacking}: its cells will fail; see: bench weights list"
        if asked := _too_few_samples(metric, matrix.experiment.synthesis.per_test_video):
            yield f"{name}: {asked}"


def _looks(matrix: Matrix, keys: list[str]) -> list[str]:
    """The cells that need a metric's weights: those of its features, or its own."""
    cells = [matrix.cells[key] for key in keys]
    of_features = [f.key for c in cells if isinstance(c, ScoreFeatures) for f in c.reads]
    return of_features or keys


def _left(keys: list[str], store: Store) -> bool:
    """Whether a cell is still to be computed."""
    return any(store.result(key) is None for key in keys)


def _unregistered(plugin: Plugin) -> str:
    """Which of its weight files cannot be used, as far as their sizes tell; empty: none."""
    registry, lacking = Registry(), []
    for name in weights_of(plugin):
        try:
            state = registry.state(name)
        except DataError as error:
            return str(error)
        if state != "registered":
            lacking.append(name if state == "missing" else f"{name} (damaged: wrong size)")
    return f"weights {', '.join(lacking)} are not registered" if lacking else ""


def _too_few_samples(metric: Metric, n: int) -> str:
    """What a metric lacks with `n` samples of each test video; empty: nothing."""
    if n < metric.least_samples:
        return (
            f"it needs {metric.least_samples} samples of each test video, and "
            f"synthesis.per_test_video is {n}: its cells will fail; "
            f"--set synthesis.per_test_video={metric.least_samples}, or more"
        )
    if n == 1 and "samples" in metric.reads:
        return (
            "it looks at all samples of a test video, and synthesis.per_test_video is 1; "
            "--set synthesis.per_test_video=5 gives it more"
        )
    return ""
