"""``bench table`` and ``bench leaderboard``: the figures of what was run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bench.commands.options import store_option
from bench.table_formats import TableFormat


def _table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option(
        "--format",
        "form",
        type=click.Choice([form.value for form in TableFormat]),
        default=TableFormat.RICH.value,
        show_default=True,
        help="How to print; csv and json hold the unrounded figures.",
    )(command)
    return click.argument("experiment")(store_option(command))


@click.group()
def table() -> None:
    """Print a table of what was run under an experiment's name."""


@table.command()
@_table_options
def quality(experiment: str, store: Path, form: str) -> None:
    """Table 1: how good the synthesized videos are."""
    from bench.tables import quality_table

    _print(quality_table, experiment, store, form)


@table.command()
@_table_options
def classification(experiment: str, store: Path, form: str) -> None:
    """Table 2: classifiers trained on real, synthetic and mixed videos."""
    from bench.tables import classification_table

    _print(classification_table, experiment, store, form)


@click.command()
@_table_options
def leaderboard(experiment: str, store: Path, form: str) -> None:
    """Rank generators by what their videos are worth to a classifier."""
    from bench.tables import leaderboard as make

    _print(make, experiment, store, form)


def _print(make: Callable[..., Any], experiment: str, store: Path, form: str) -> None:
    from bench.store import Store
    from bench.tables import Report, render

    click.echo(render(make(Report.of(experiment, Store(store))), form))
