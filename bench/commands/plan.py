"""``bench plan``: what an experiment takes, without computing it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from bench.commands.options import experiment_options, read_experiment, store_option


@click.command()
@experiment_options
@store_option
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def plan(
    experiment: str, settings: tuple[str, ...], store: Path, as_json: bool, **narrowed: Any
) -> None:
    """Show the cells of EXPERIMENT: which are cached, which would run."""
    from rich.console import Console
    from rich.table import Table

    from bench.materials import gather
    from bench.matrix import expand
    from bench.prepare import prepare
    from bench.store import Store
    from plugins.discovery import discover

    catalogue = discover()
    wanted = read_experiment(experiment, catalogue, settings, **narrowed)
    place = Store(store)
    materials = prepare(gather(wanted, catalogue), place, sys.stderr if as_json else sys.stdout)
    matrix = expand(materials)
    rows = [
        {
            "key": key,
            "kind": cell.kind,
            "title": cell.title,
            "plugin": cell.plugin_name,
            "cached": place.result(key) is not None,
            "reads": [needed.key for needed in cell.reads],
        }
        for key, cell in matrix.cells.items()
    ]
    if as_json:
        content = {"experiment": matrix.experiment.model_dump(mode="json"), "cells": rows}
        click.echo(json.dumps(content, indent=1))
        return
    table = Table(title=f"{wanted.name}: {len(rows)} cells", title_justify="left")
    for heading in ("", "kind", "cell", "key"):
        table.add_column(heading)
    for row in rows:
        state = "cached" if row["cached"] else "to run"
        table.add_row(state, str(row["kind"]), str(row["title"]), str(row["key"])[:12])
    console = Console()
    console.print(table)
    cached = sum(bool(row["cached"]) for row in rows)
    console.print(f"{cached} cached, {len(rows) - cached} to run")
    for note in matrix.materials.notes:
        console.print(f"note: {note}", markup=False)
