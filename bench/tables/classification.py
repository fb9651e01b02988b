"""Table 2: classifiers trained on real, synthetic and mixed videos."""

from __future__ import annotations

from typing import Any

from bench.tables.budgets import budget_notes, budget_of, budget_records
from bench.tables.render import Table
from bench.tables.report import Report
from bench.tables.summary import (
    MARKS,
    declared,
    entry,
    heading,
    mark,
    per_class,
    record,
    replicates_note,
    sizes,
    total,
)

TOLD = ("config", "pretrained")
"""Parameters that hold a file's content, which notes of their own tell of."""


def classification_table(report: Report) -> Table:
    """One row per classifier, ratio, protocol and generator.

    The row ``real`` depends on no generator: it is trained once, and all
    other rows of its classifier and ratio are read against it.
    """
    metrics = report.metrics("classification")
    headings = [heading(report.plan["metrics"][name]) for name in metrics]
    experiment = report.plan["experiment"]
    table = Table(
        title=f"Table 2. Classification of real test videos · {experiment['name']}",
        columns=["classifier", "ratio", "trained on", "generator", *headings],
    )
    for row, points in _rows(report).items():
        classifier, ratio, protocol, generator = row
        figures = {
            name: [report.figure(p["key"]) for p in points if p["metric"] == name]
            for name in metrics
        }
        facts = report.plan["generators"][generator] if generator else None
        by = generator + mark(facts) if generator and facts else "–"
        shown = [classifier, ratio, protocol, by]
        table.rows.append([*shown, *map(entry, figures.values())])
        names = ("classifier", "ratio", "protocol", "generator")
        values: dict[str, Any] = dict(zip(names, row, strict=True))
        values |= declared(facts) | {
            "n_train": sizes(report, ratio, "n_train"),
            "n_synthetic": _n_synthetic(report, points),
            "n_test": sizes(report, ratio, "n_test"),
            "budget": budget_of(report, generator, ratio),
        }
        for name, found in figures.items():
            values |= record(name, found)
        table.records.append(values)
    table.notes = _notes(report)
    table.budgets = budget_records(report)
    return table


def _rows(report: Report) -> dict[tuple[str, str, str, str | None], list[dict[str, Any]]]:
    rows: dict[tuple[str, str, str, str | None], list[dict[str, Any]]] = {}
    order = {name: i for i, name in enumerate(report.plan["experiment"]["protocols"])}
    points = report.points("classification")
    for point in sorted(points, key=lambda p: (p["classifier"], order[p["protocol"]])):
        row = (point["classifier"], point["ratio"], point["protocol"], point["generator"])
        rows.setdefault(row, []).append(point)
    classifiers = list(report.plan["classifiers"])
    ratios = report.plan["experiment"]["ratios"]
    return dict(
        sorted(
            rows.items(), key=lambda item: (classifiers.index(item[0][0]), ratios.index(item[0][1]))
        )
    )


def _notes(report: Report) -> list[str]:
    experiment = report.plan["experiment"]
    per_image, prior = experiment["synthesis"]["per_image"], experiment["synthesis"]["prior"]
    notes = []
    for ratio in experiment["ratios"]:
        synthetic = f"{per_image} synthetic one(s) from each of {sizes(report, ratio, 'n_images')}"
        points = [p for p in report.points("classification") if p["ratio"] == ratio]
        used = _n_synthetic(report, [p for p in points if p["generator"]])
        notes.append(
            f"{ratio}: {sizes(report, ratio, 'n_train')} real training videos, {synthetic} images"
            + (f", {used} of these trained on" if used else "")
            + f", n = {sizes(report, ratio, 'n_test')} test videos"
        )
    notes.append(f"class prior of the synthetic videos: {prior}")
    if any(
        total(report, ratio, "n_images") != str(report.plan["images"])
        for ratio in experiment["ratios"]
    ):
        notes.append(
            f"of {report.plan['images']} images, those of patients in test videos are left out"
        )
    notes += [_classifier(name, facts) for name, facts in report.plan["classifiers"].items()]
    notes += _initial(report)
    notes += budget_notes(report)
    notes.append(replicates_note(experiment["replicates"]))
    if any(map(mark, report.plan["generators"].values())):
        notes.append(MARKS)
    return [*notes, *report.plan["notes"]]


def _n_synthetic(report: Report, points: list[dict[str, Any]]) -> str | None:
    """The synthetic videos really trained on, of the trainings that have a result."""
    counts = [report.n_synthetic(key) for key in dict.fromkeys(p["key"] for p in points)]
    there = [count for count in counts if count]
    return per_class(there) if there else None


def _initial(report: Report) -> list[str]:
    """What each classifier that was given weights began from; the same in all its trainings."""
    told = {
        (point["classifier"], str(initial))
        for point in report.points("classification")
        if (initial := report.initial(point["key"]))
    }
    return [f"{classifier}: began with {text}" for classifier, text in sorted(told)]


def _classifier(name: str, facts: dict[str, Any]) -> str:
    """The budget, and how the classifier differs from its defaults."""
    budget = facts["all"].get("budget")
    text = f"{name}: trained for {facts['all'].get(budget, '?')} {budget}" if budget else name
    changed = {k: v for k, v in facts["changed"].items() if k not in (budget, *TOLD)}
    if facts["plugin"] != name:
        changed = {"plugin": facts["plugin"], **changed}
    listed = ", ".join(f"{key}={value}" for key, value in changed.items())
    return f"{text} ({listed})" if listed else text
