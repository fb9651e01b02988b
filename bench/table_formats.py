"""The names of the formats of a table; outside of `bench.tables`, which loads slowly."""

from __future__ import annotations

from enum import StrEnum


class TableFormat(StrEnum):
    """How a table is printed."""

    RICH = "rich"
    MARKDOWN = "markdown"
    CSV = "csv"
    JSON = "json"
