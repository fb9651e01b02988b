"""What each learned generator was given: training clips, steps and parameters, stage by stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.tables.report import Place, Report
from bench.tables.summary import span

Figures = Mapping[str, Any]
Fits = Mapping[Place, Figures]


def budget_notes(report: Report) -> list[str]:
    """For each generator that learned its budget, and where two were given unlike ones."""
    notes = [f"{name}: {budget_text(own)}" for name, own in _learned(report).items()]
    return notes + unequal_notes(report)


def unequal_notes(report: Report) -> list[str]:
    """A line for each quantity in which two generators differ on one split."""
    fits = _learned(report)
    given = {name: {p: _quantities(f) for p, f in own.items()} for name, own in fits.items()}
    everywhere = [own for by_place in given.values() for own in by_place.values()]
    notes = []
    for quantity in dict.fromkeys(key for own in everywhere for key in own):
        told = {
            name: {p: own[quantity] for p, own in by_place.items() if quantity in own}
            for name, by_place in given.items()
        }
        told = {name: values for name, values in told.items() if values}
        if _differ(list(told.values())):
            each = ", ".join(f"{name} {_told(values)}" for name, values in told.items())
            notes.append(f"unequal budgets, {quantity}: {each}")
    return notes


def budget_of(report: Report, generator: str | None, ratio: str) -> str | None:
    """The budget of a generator at a ratio; None where it did not learn, or not yet."""
    fits = report.fits(generator) if generator else {}
    there = {place: figures for place, figures in fits.items() if place.ratio == ratio}
    return budget_text(there) if there else None


def budget_records(report: Report) -> list[dict[str, Any]]:
    """The budget of every training that has a result, as JSON values."""
    return [
        {"generator": name, **place._asdict(), **figures}
        for name, own in _learned(report).items()
        for place, figures in own.items()
    ]


def budget_text(fits: Fits) -> str:
    """One line: ``56 clips; autoencoder 1,000 steps of 8, 953,716 parameters``.

    Args:
        fits: the figures of one generator's trainings, at least one. Where
            they differ, each ratio is told apart, as a range over its replicates.
    """
    clips = _told({place: figures["n_training_clips"] for place, figures in fits.items()})
    return "; ".join([f"{clips} clips", *(_stage(name, fits) for name in _stages(fits))])


def _stage(name: str, fits: Fits) -> str:
    """``autoencoder 1,000 steps of 8, 953,716 parameters``, as far as it is told."""
    spent = {p: stage for p, f in fits.items() for stage in f["stages"] if stage["stage"] == name}

    def told(key: str, form: str) -> str:
        values = {p: stage[key] for p, stage in spent.items() if stage[key] is not None}
        return form.format(_told(values)) if values else ""

    steps, batch = told("steps", "{} steps"), told("batch_size", "of {}")
    parts = (
        " ".join(filter(None, [steps, batch])),
        told("parameters", "{} parameters"),
        told("adversary_parameters", "{} of its adversary"),
    )
    return " ".join(filter(None, [name, ", ".join(filter(None, parts))]))


def _learned(report: Report) -> dict[str, Fits]:
    """The trainings that have a result, by generator; none of those that do not learn."""
    fits = {name: report.fits(name) for name in report.plan["generators"]}
    return {name: own for name, own in fits.items() if own}


def _stages(fits: Fits) -> list[str]:
    """The names of the stages, in the order in which they were told."""
    return list(dict.fromkeys(stage["stage"] for f in fits.values() for stage in f["stages"]))


def _told(values: Mapping[Place, int]) -> str:
    """A number; where it differs between ratios, that of each."""
    by_ratio: dict[str, list[int]] = {}
    for place, value in values.items():
        by_ratio.setdefault(place.ratio, []).append(value)
    spans = {ratio: span(found, ",") for ratio, found in by_ratio.items()}
    if len(set(spans.values())) == 1:
        return next(iter(spans.values()))
    return ", ".join(f"{found} ({ratio})" for ratio, found in spans.items())


def _quantities(figures: Figures) -> dict[str, int]:
    """What generators should be given alike: clips, steps in all, steps of stages of one name."""
    steps = {s["stage"]: s["steps"] for s in figures["stages"] if s["steps"] is not None}
    in_all = {"optimizer steps in all": sum(steps.values())} if steps else {}
    return (
        {"training clips": figures["n_training_clips"]}
        | in_all
        | {f"steps of stage '{name}'": n for name, n in steps.items()}
    )


def _differ(told: Sequence[Mapping[Place, int]]) -> bool:
    """Whether two have unlike values at one place; a place that one lacks says nothing."""
    places = {place for values in told for place in values}
    return any(len({values[p] for values in told if p in values}) > 1 for p in places)
