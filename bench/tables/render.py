"""One table, in the formats that users want."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from bench.table_formats import TableFormat


@dataclass
class Table:
    """A titled table of texts, and the records behind it.

    Attributes:
        columns: headings.
        rows: cells as they are shown.
        records: the figures unrounded, one dict per row, for csv and json.
        notes: what a reader must know; shown below.
        budgets: what each training of a generator was given, one dict per
            training, for json.
    """

    title: str
    columns: list[str]
    rows: list[list[str]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    budgets: list[dict[str, Any]] = field(default_factory=list)


def render(table: Table, form: str) -> str:
    """The table as text.

    Args:
        form: the value of a `TableFormat`.
    """
    return FORMATS[TableFormat(form)](table)


def _rich(table: Table) -> str:
    shown = RichTable(title=Text(table.title), title_justify="left", title_style="bold")
    for i, column in enumerate(table.columns):
        shown.add_column(Text(column), justify="left" if i < 2 else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*map(Text, row))
    buffer = io.StringIO()
    console = Console(file=buffer, width=_width(table), force_terminal=False)
    console.print(shown)
    for note in table.notes:
        console.print(f"  {note}", markup=False, highlight=False, soft_wrap=True)
    return buffer.getvalue().rstrip("\n")


def _width(table: Table) -> int:
    """Wide enough for the longest entry of each column; a table is never cut."""
    columns = zip(table.columns, *table.rows, strict=True)
    longest = [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]
    return max(sum(longest) + 3 * len(longest) + 1, len(table.title) + 1, 40)


def _markdown(table: Table) -> str:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    rule = "| " + " | ".join("---" for _ in table.columns) + " |"
    lines = [f"**{table.title}**", "", line(table.columns), rule, *map(line, table.rows)]
    return "\n".join([*lines, "", *(f"- {note}" for note in table.notes)]).rstrip()


def _csv(table: Table) -> str:
    names = list(dict.fromkeys(name for record in table.records for name in record))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(table.records)
    return buffer.getvalue().rstrip("\n")


def _json(table: Table) -> str:
    content = {
        "title": table.title,
        "rows": table.records,
        "notes": table.notes,
        "budgets": table.budgets,
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)


FORMATS: dict[TableFormat, Callable[[Table], str]] = {
    TableFormat.RICH: _rich,
    TableFormat.MARKDOWN: _markdown,
    TableFormat.CSV: _csv,
    TableFormat.JSON: _json,
}
