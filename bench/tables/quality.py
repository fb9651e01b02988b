"""Table 1: how good the synthesized videos are."""

from __future__ import annotations

from collections.abc import Iterator
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
    record,
    replicates_note,
    sizes,
    total,
)


def quality_table(report: Report) -> Table:
    """One row per ratio and generator, one column per metric.

    Every generator is measured on videos synthesized from the first
    frames of the same test videos, by the generator that was fitted on
    that split's training videos.
    """
    metrics = report.metrics("quality")
    headings = [heading(report.plan["metrics"][name]) for name in metrics]
    per_video = report.plan["experiment"]["synthesis"]["per_test_video"]
    table = Table(
        title=f"Table 1. Quality of synthesized videos · {report.plan['experiment']['name']}",
        columns=["ratio", "generator", "n", *headings],
    )
    marked = False
    for (ratio, generator), points in _rows(report).items():
        facts = report.plan["generators"][generator]
        marked |= bool(mark(facts))
        figures = {
            name: [report.figure(p["key"]) for p in points if p["metric"] == name]
            for name in metrics
        }
        n = total(report, ratio, "n_test")
        table.rows.append([ratio, generator + mark(facts), n, *map(entry, figures.values())])
        values: dict[str, Any] = {
            "ratio": ratio,
            "generator": generator,
            **declared(facts),
            "n_train": sizes(report, ratio, "n_train"),
            "n_test": sizes(report, ratio, "n_test"),
            "budget": budget_of(report, generator, ratio),
        }
        for name, found in figures.items():
            values |= record(name, found)
        table.records.append(values)
    table.notes = [
        *(
            f"{ratio}: n = {sizes(report, ratio, 'n_test')} test videos, {per_video} sample(s) "
            f"each; {sizes(report, ratio, 'n_train')} training videos for generators that learn"
            for ratio in report.plan["experiment"]["ratios"]
        ),
        *budget_notes(report),
        *_metric_notes(report, metrics, table.records),
        replicates_note(report.plan["experiment"]["replicates"]),
    ]
    if marked:
        table.notes.append(MARKS)
    table.notes += report.plan["notes"]
    table.budgets = budget_records(report)
    return table


def _metric_notes(
    report: Report, metrics: list[str], records: list[dict[str, Any]]
) -> Iterator[str]:
    """What a reader must know of the columns, and what is lacking where one has no figures."""
    told: dict[str, list[str]] = {}
    for name in metrics:
        facts = report.plan["metrics"][name]
        title = facts["title"]
        told.setdefault(facts["explained"], []).append(title)
        if facts["seen_by"]:
            where = f"{facts['seen_by']}, trained on the split's real videos"
            told.setdefault(f"by what is seen in videos by {where}", []).append(title)
        if facts["weights"] and any(record[f"{name}:missing"] for record in records):
            yield (
                f"{title}: it needs the weights {', '.join(facts['weights'])}; "
                "'bench weights list' tells which are registered and where to get them"
            )
    yield from (f"{', '.join(titles)}: {text}" for text, titles in told.items() if text)


def _rows(report: Report) -> dict[tuple[str, str], list[dict[str, Any]]]:
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for point in report.points("quality"):
        rows.setdefault((point["ratio"], point["generator"]), []).append(point)
    return rows
