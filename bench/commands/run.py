"""``bench run``: compute an experiment's cells, then print its tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.commands.options import (
    choose_device,
    experiment_options,
    read_experiment,
    store_option,
)

if TYPE_CHECKING:
    from bench.tables import Report

FAILED_CELL = 1


@click.command()
@experiment_options
@store_option
@click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="DEVICE",
    help="cpu, cuda, cuda:N, or auto.",
)
@click.pass_context
def run(
    context: click.Context,
    experiment: str,
    settings: tuple[str, ...],
    store: Path,
    device: str,
    **narrowed: Any,
) -> None:
    """Compute EXPERIMENT (a preset's name or a TOML file) and print its tables.

    Finished cells are taken from the store. A run that was stopped or
    killed is continued by running it again. Exit code 1: a cell failed;
    2: the experiment or its data are wrong.
    """
    from bench.executor import Serial, State
    from bench.figures import draw_figures
    from bench.foreseen import foreseen
    from bench.live import View
    from bench.materials import gather
    from bench.matrix import expand
    from bench.planfile import save_plan
    from bench.prepare import prepare
    from bench.sheets import draw_sheets
    from bench.store import Store
    from bench.tables import Report
    from plugins.discovery import discover

    catalogue = discover()
    wanted = read_experiment(experiment, catalogue, settings, **narrowed)
    device = choose_device(device)
    place = Store(store)
    matrix = expand(prepare(gather(wanted, catalogue), place))
    save_plan(matrix, place)
    for line in foreseen(matrix, place):
        click.echo(f"warning: {line}", err=True)
    cells = list(matrix.cells.values())
    with View(cells, place) as view:
        states = Serial(device).run(cells, place, view.tell)
    _print_tables(Report.of(wanted.name, place))
    sheets = draw_sheets(matrix, place)
    if sheets:
        click.echo(f"\nContact sheets of what was synthesized: {sheets[0].parent}")
    figures = draw_figures(matrix, place)
    if figures:
        click.echo(f"Figures for print: {figures[0].parent}")
    failed = [key for key, state in states.items() if state is State.FAILED]
    if failed:
        click.echo(
            f"\n{len(failed)} cell(s) failed; 'bench status {wanted.name}' tells why", err=True
        )
        context.exit(FAILED_CELL)


def _print_tables(report: Report) -> None:
    """Both tables and the leaderboard, those that the experiment has figures for."""
    from bench.tables import classification_table, leaderboard, quality_table, render

    tables = []
    if report.points("quality"):
        tables.append(quality_table(report))
    if report.points("classification"):
        tables.append(classification_table(report))
    if "mixed" in report.plan["experiment"]["protocols"]:
        tables.append(leaderboard(report))
    for table in tables:
        click.echo("\n" + render(table, "rich"))
