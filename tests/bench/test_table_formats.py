"""The formats that the command offers are those that a table has."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from bench.commands.tables import classification, leaderboard, quality
from bench.tables import render
from bench.tables.render import Table


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
