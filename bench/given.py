"""Splits made elsewhere take the place of drawn ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bench.data import Split
from bench.data.splitfile import read_sides
from bench.materials import Materials
from plugins.errors import BenchError


def give_splits(materials: Materials) -> Materials:
    """Read the files that ``splits`` names; they decide the ratios.

    Raises:
        DataError: a file cannot be read, does not fit the videos, or leaks.
        BenchError: there are neither one nor as many files of a ratio as replicates.
    """
    files = materials.experiment.splits
    if not files:
        return materials
    subjects = materials.subjects()
    found: dict[str, list[Split]] = {}
    for name in files:
        path = Path(name).expanduser()
        made = read_sides(path, subjects)
        materials.refuse_leak(made, str(path))
        made.check(str(path))
        found.setdefault(made.ratio, []).append(made)
    replicates = materials.experiment.replicates
    given: dict[tuple[str, int], Split] = {}
    for ratio, made_ones in found.items():
        if len(made_ones) not in (1, len(replicates)):
            raise BenchError(
                f"splits: {len(made_ones)} files of ratio {ratio} for {len(replicates)} "
                "replicates; give one, or one per replicate (--seeds says how many those are)"
            )
        for i, replicate in enumerate(replicates):
            given[ratio, replicate] = made_ones[i % len(made_ones)]
    experiment = materials.experiment.model_copy(update={"ratios": tuple(found)})
    names = ", ".join(Path(name).name for name in files)
    notes = [f"splits made elsewhere: {names}", *materials.notes]
    return replace(materials, experiment=experiment, given=given, notes=notes)
