"""What sheets of pairs show: the synthesized clips that are most like training clips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.cells import ScoreFeatures, Synthesize
from bench.cells.part import Part
from bench.cells.synthesize import read_synthesis
from bench.data.pair_sheet import PairRow
from bench.exhibits import Syntheses
from bench.matrix import Matrix
from bench.store import Store
from plugins.pair import Pair


def worst_pairs(
    matrix: Matrix, syntheses: Syntheses, store: Store
) -> Iterator[tuple[str, list[PairRow]]]:
    """The pairs that metrics tell of one ratio and replicate, with their clips.

    Yields:
        A kind, ``<metric>-<generator>``, and its rows, worst first; nothing
        where a metric tells of none or has no result.
    """
    for name, cell in _scores(matrix, syntheses):
        result = store.result(cell.key)
        pairs = cell.pairs(result) if result else []
        if pairs:
            yield name, _rows(cell, pairs, store)


def _scores(matrix: Matrix, syntheses: Syntheses) -> Iterator[tuple[str, ScoreFeatures]]:
    """The metrics of features, of the generators that have synthesized from the test videos."""
    made = syntheses.of("test")
    for point, key in matrix.points.items():
        cell = matrix.cells[key]
        here = (point.ratio, point.replicate) == (syntheses.ratio, syntheses.replicate)
        if here and isinstance(cell, ScoreFeatures) and point.generator in made:
            yield f"{point.metric}-{point.generator}", cell


def _rows(cell: ScoreFeatures, pairs: Sequence[Pair], store: Store) -> list[PairRow]:
    """Both clips of each pair: uint8 and float, (C, T, H, W)."""
    made, training = cell.source("generated_features"), cell.source("training_features")
    assert isinstance(made, Synthesize)
    assert isinstance(training, Part)
    clips, manifest = read_synthesis(store.cell(made.key))
    learned = training.among(pair.training for pair in pairs).clips(store.cache)
    return [
        PairRow(
            pair,
            clips[manifest["ids"].index(pair.id), pair.sample],
            learned[list(learned.ids).index(pair.training) + pair.clip],
        )
        for pair in pairs
    ]
