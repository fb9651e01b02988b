"""The splits of an experiment, or of files, as an audit sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.audit.findings import Finding
from bench.audit.sides import Sides, sides_of
from bench.data.splitfile import read_sides
from bench.data.splits import Split, split
from plugins.errors import DataError
from plugins.seeds import derive

if TYPE_CHECKING:
    from bench.audit.audit import Survey
    from bench.experiment import Experiment


def read_all_sides(looked: Survey, subset: int, paths: Sequence[Path]) -> Iterator[Sides]:
    """The splits of files; one that does not fit the videos is a finding.

    Args:
        subset: the videos that they split.
    """
    for path in paths:
        try:
            yield _sides(looked, subset, str(path), read_sides(path, looked.subjects(subset)))
        except DataError as error:
            yield _unfit(str(path), error)


def drawn_sides(looked: Survey, subset: int, experiment: Experiment) -> Iterator[Sides]:
    """The splits that an experiment would draw, or that it names."""
    if experiment.splits:
        yield from read_all_sides(looked, subset, [Path(s).expanduser() for s in experiment.splits])
        return
    subjects = looked.subjects(subset)
    for ratio in experiment.ratios:
        for replicate in experiment.replicates:
            fixed = experiment.seeds.split
            seed = fixed if fixed is not None else derive(replicate, "split")
            name = f"{ratio} r{replicate}"
            try:
                yield _sides(looked, subset, name, split(subjects, ratio, seed))
            except DataError as error:
                yield _unfit(name, error)


def _unfit(name: str, error: DataError) -> Sides:
    return Sides(name, {}, {}, (0, 0), (Finding("leak", name, (), f"is no split: {error}"),))


def _sides(looked: Survey, subset: int, name: str, made: Split) -> Sides:
    place = {i: n for n, i in enumerate(looked.of(subset))}
    ids = [looked.members[i].record.id for i in looked.of(subset)]
    twins = [
        replace(t, left=place[t.left], right=place[t.right])
        for t in looked.twins
        if t.left in place and t.right in place
    ]
    return sides_of(name, made, ids, twins)
