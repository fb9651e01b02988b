"""Several replicates of one figure, as one entry of a table."""

from __future__ import annotations

import statistics
from typing import Any

from bench.tables.report import Figure, Report


def entry(figures: list[Figure]) -> str:
    """One replicate: value and 95 % interval; several: mean ± SD over the replicates.

    A figure that is missing in any replicate is a dash with the reason:
    a mean over fewer replicates than the row beside it has would compare
    unlike things.
    """
    missing = [figure.missing for figure in figures if figure.missing]
    if missing:
        return f"– ({missing[0]})"
    text = _spread([figure.value for figure in figures])
    low, high = figures[0].low, figures[0].high
    if len(figures) == 1 and low is not None and high is not None:
        text += f"\n[{_number(low)}, {_number(high)}]"
    for name, values in _details(figures).items():
        text += f"\n{name} {_spread(values) if values else '–'}"
    return text


def _details(figures: list[Figure]) -> dict[str, list[float]]:
    """By name, of every replicate; nothing where a replicate lacks it."""
    names = dict.fromkeys(name for figure in figures for name in figure.details)
    return {
        name: [figure.details[name] for figure in figures]
        if all(name in figure.details for figure in figures)
        else []
        for name in names
    }


def _spread(values: list[float]) -> str:
    """One value; the mean ± SD of several."""
    if len(values) == 1:
        return _number(values[0])
    return f"{_number(statistics.fmean(values))} ± {_number(statistics.stdev(values))}"


def record(name: str, figures: list[Figure]) -> dict[str, Any]:
    """The same unrounded: mean, SD, interval and why it is missing, by column name."""
    missing = next((figure.missing for figure in figures if figure.missing), None)
    values = [figure.value for figure in figures]
    single = figures[0] if len(figures) == 1 and not missing else None
    return {
        name: None if missing else statistics.fmean(values),
        f"{name}:sd": statistics.stdev(values) if len(values) > 1 and not missing else None,
        f"{name}:low": single.low if single else None,
        f"{name}:high": single.high if single else None,
        f"{name}:missing": missing,
        **{
            f"{name}:{detail}": statistics.fmean(of_each) if of_each else None
            for detail, of_each in ({} if missing else _details(figures)).items()
        },
    }


def heading(metric: dict[str, str]) -> str:
    """A metric's title, unit and better direction."""
    unit = f"\n[{metric['unit']}]" if metric["unit"] else ""
    return f"{metric['title']} {'↑' if metric['direction'] == 'higher' else '↓'}{unit}"


def replicates_note(replicates: list[int]) -> str:
    """What the entries of a table are."""
    if len(replicates) == 1:
        return "In brackets: 95 % interval over the test videos, where one is valid."
    return (
        f"Mean ± SD over {len(replicates)} replicates (splits and seeds). Their test videos "
        "overlap: they are no independent samples, and n is that of one replicate."
    )


MARKS = "* reads the label of the image.  † a control that asks the simulator what truly follows."
"""The legend of `mark`."""


def mark(facts: dict[str, Any]) -> str:
    """What stands behind the name of a generator that reads more than the image's pixels."""
    marks = "*" * facts["reads_labels"] + "†" * facts["needs_continuation"]
    return f" {marks}" if marks else ""


def declared(facts: dict[str, Any] | None) -> dict[str, bool | None]:
    """The same as columns of a record; None where a row has no generator."""
    keys = ("reads_labels", "needs_continuation")
    return {key: None if facts is None else facts[key] for key in keys}


def sizes(report: Report, ratio: str, side: str) -> str:
    """Videos of one side of a split, in all and per class; a range where replicates differ."""
    return per_class(_counts(report, ratio, side))


def per_class(counts: list[dict[str, int]]) -> str:
    """Counts in all and per class; a range where they differ."""
    each = ", ".join(f"{name} {span([c[name] for c in counts])}" for name in counts[0])
    return f"{span([sum(count.values()) for count in counts])} ({each})"


def total(report: Report, ratio: str, side: str) -> str:
    """Videos of one side of a split; a range where replicates differ."""
    return span([sum(count.values()) for count in _counts(report, ratio, side)])


def _counts(report: Report, ratio: str, side: str) -> list[dict[str, int]]:
    return [split[side] for split in report.plan["splits"] if split["ratio"] == ratio]


def span(values: list[int], form: str = "d") -> str:
    """A number, or the range of several; ``form`` as `format` takes it."""
    low, high = min(values), max(values)
    return f"{low:{form}}" if low == high else f"{low:{form}}–{high:{form}}"


def _number(value: float) -> str:
    if value == 0 or 0.001 <= abs(value) < 1000:
        digits = 3 if abs(value) < 10 else 1
        return f"{value:.{digits}f}"
    return f"{value:.2e}"
