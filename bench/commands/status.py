"""``bench status``: how far a run has come, and what failed."""

from __future__ import annotations

from pathlib import Path

import click

from bench.commands.options import store_option


@click.command()
@click.argument("experiment")
@store_option
def status(experiment: str, store: Path) -> None:
    """Show what is finished, failed, blocked and left of EXPERIMENT."""
    from rich.console import Console
    from rich.table import Table

    from bench.store import Store
    from bench.tables.report import Report

    place = Store(store)
    report = Report.of(experiment, place)
    counts: dict[str, dict[str, int]] = {}
    failures = []
    for cell in report.plan["cells"]:
        state: str = "done" if place.result(cell["key"]) else report.missing(cell["key"])
        kind = counts.setdefault(cell["kind"], {})
        kind[state] = kind.get(state, 0) + 1
        if state == "failed":
            failures.append(place.failure(cell["key"]) or {})
    states = ("done", "failed", "blocked", "not run")
    table = Table(title=report.plan["experiment"]["name"], title_justify="left")
    for heading in ("kind", *states):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for name, found in counts.items():
        table.add_row(name, *(str(found.get(state, 0)) for state in states))
    console = Console()
    console.print(table)
    for failure in failures:
        console.print(f"failed: {failure['title']}\n  {failure['error']}", markup=False)
        console.print(f"  log: {failure['log']}", markup=False, soft_wrap=True)
