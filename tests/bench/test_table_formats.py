"""The formats of tables: those that the command offers, with the same records in each."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bench.commands.tables import classification, leaderboard, quality
from bench.tables import Report, classification_table, quality_table, render
from bench.tables import leaderboard as leaderboard_table
from bench.tables.render import Table
from tests.bench.results_by_hand import report_in


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return report_in(tmp_path)


@pytest.mark.parametrize("command", [quality, classification, leaderboard])
def test_every_format_that_is_offered_prints(command: click.Command) -> None:
    (choice,) = (p.type for p in command.params if p.name == "form")
    assert isinstance(choice, click.Choice)
    table = Table("A title", ["name", "value"], [["x", "0.5"]], [{"name": "x", "value": 0.5}])
    texts = {render(table, form) for form in choice.choices}
    assert len(texts) == len(choice.choices)
    assert all("x" in text and "0.5" in text for text in texts)


@pytest.mark.parametrize("command", ["table quality", "table classification", "leaderboard"])
def test_asking_a_table_for_help_loads_nothing_slow(command: str) -> None:
    code = (
        "import sys, bench.commands\n"
        "from click.testing import CliRunner\n"
        f"result = CliRunner().invoke(bench.commands.cli, {[*command.split(), '--help']})\n"
        "assert result.exit_code == 0 and '[rich|markdown|csv|json]' in result.output\n"
        "assert not {'torch', 'rich', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("make", [quality_table, classification_table, leaderboard_table])
def test_formats_hold_the_same_records(report: Report, make) -> None:
    table = make(report)
    content = json.loads(render(table, "json"))
    assert content["rows"] == table.records
    rows = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    assert len(rows) == len(table.records)
    assert render(table, "markdown").count("\n|") == len(table.rows) + 2
    for row in table.rows:
        assert all(part in render(table, "rich") for cell in row for part in cell.split("\n"))


def test_texts_are_not_taken_for_markup() -> None:
    table = Table("t [bold]", ["[red]x", "a|b"], [["[dB]", "c|d"]], [{"x": 1}])
    assert "[red]x" in render(table, "rich")
    assert "[dB]" in render(table, "rich")
    assert "a\\|b" in render(table, "markdown")
