"""``bench data info``: what data sets hold."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from bench.commands.data.sources import open_sources, source_options

if TYPE_CHECKING:
    from bench.commands.data.sources import Source
    from bench.data.inventory import Inventory, Spread
    from plugins.dataset import Which


@dataclass(frozen=True)
class _About:
    """What is said of one data set."""

    source: Source
    docs: list[str]
    inventories: dict[Which, Inventory]
    notes: list[str]
    faults: list[str]


@click.command()
@source_options
@click.option("--decode", is_flag=True, help="Decode every frame: lengths are then counted.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def info(
    context: click.Context,
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    root: str | None,
    decode: bool,
    as_json: bool,
) -> None:
    """Tell what each SPEC holds: classes, patients, lengths, sizes, colours.

    Sizes and colours are those of first frames. Lengths are what the files'
    headers say, which may be wrong by a few frames, unless --decode counts them. Exit
    code 1: some files cannot be read; they are named, and the rest is told.
    """
    from bench.commands.data.progress import progress
    from bench.data.inventory import take_inventory
    from plugins.discovery import discover

    told = []
    for source in open_sources(specs, settings, root, discover()):
        inventories = {}
        for listing in source.listings:
            with progress(f"{source.name}: {listing.which}") as report:
                inventories[listing.which] = take_inventory(listing.records, decode, report)
        told.append(_about(source, inventories))
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in told], indent=1, ensure_ascii=False))
    else:
        for one in told:
            _show(one)
    if any(one.faults for one in told):
        context.exit(1)


def _about(source: Source, inventories: dict[Which, Inventory]) -> _About:
    faults = [*source.faults]
    faults += [line for inventory in inventories.values() for line in inventory.faults]
    return _About(source, _origin(source), inventories, [*source.notes()], faults)


def _origin(source: Source) -> list[str]:
    """What the reader's docstring says first, and of the licence."""
    import inspect

    text = inspect.cleandoc(type(source.dataset).__doc__ or "")
    paragraphs = [" ".join(part.split()) for part in text.replace("``", "'").split("\n\n")]
    licence = [part for part in paragraphs[1:] if "licence" in part.lower()]
    return [part for part in [*paragraphs[:1], *licence] if part]


def _as_json(one: _About) -> dict[str, Any]:
    dataset = one.source.dataset
    return {
        "spec": one.source.name,
        "reader": dataset.name,
        "version": dataset.version,
        "about": one.docs,
        "parameters": dataset.parameters(),
        "holds": {which: _plain(inventory) for which, inventory in one.inventories.items()},
        "notes": one.notes,
        "faults": one.faults,
    }


def _plain(inventory: Inventory) -> dict[str, Any]:
    spreads = {
        key: spread and spread._asdict()
        for key, spread in (
            ("frames", inventory.frames),
            ("widths", inventory.widths),
            ("heights", inventory.heights),
        )
    }
    classes = {name: members._asdict() for name, members in inventory.classes.items()}
    return {**asdict(inventory), **spreads, "classes": classes}


def _show(one: _About) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console()
    dataset = one.source.dataset
    title = Text(one.source.name, "bold cyan")
    title.append(f"  reader {dataset.name}, version {dataset.version}", "not bold dim")
    console.print(title)
    for paragraph in one.docs:
        console.print(Padding(Text(paragraph), (0, 0, 0, 2)))
    table = Table(title_justify="left")
    table.add_column("")
    for which in one.inventories:
        table.add_column(which)
    columns = [_rows(inventory) for inventory in one.inventories.values()]
    for name in dict.fromkeys(name for column in columns for name in column):
        table.add_row(name, *(column.get(name, "") for column in columns))
    console.print(Padding(table, (0, 0, 0, 2)))
    for heading, lines in (("note", one.notes), ("fault", one.faults)):
        for line in lines:
            console.print(Padding(Text(f"{heading}: {line}"), (0, 0, 0, 2)))
    console.print()


def _rows(inventory: Inventory) -> dict[str, str]:
    """What the table says of the videos, or of the images."""
    rows = {"number": str(inventory.n)}
    for name, members in inventory.classes.items():
        rows[f"class {name}"] = f"{members.records} in {members.groups} groups"
    rows["groups"] = f"{inventory.groups}, {inventory.shared_groups} with several"
    if inventory.frames and inventory.frames.most > 1:
        about = "" if inventory.counted else "about "
        rows["frames"] = about + _spread(inventory.frames)
    rows["width"] = _spread(inventory.widths, " px")
    rows["height"] = _spread(inventory.heights, " px")
    rows["sizes"] = f"{inventory.sizes} different" if inventory.sizes > 1 else "all alike"
    rows["colours"] = ", ".join(f"{name} ({n})" for name, n in inventory.colours.items())
    if inventory.faults:
        rows["unreadable"] = str(len(inventory.faults))
    return rows


def _spread(spread: Spread | None, unit: str = "") -> str:
    if spread is None:
        return ""
    if spread.least == spread.most:
        return f"{spread.least:g}{unit}"
    return f"{spread.least:g} to {spread.most:g}{unit}, median {spread.median:g}"
