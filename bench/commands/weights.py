"""``bench weights``: files of pretrained weights that the user supplies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from plugins.known_weights import WeightFile
    from plugins.weights import Registry


@click.group()
def weights() -> None:
    """Register pretrained weights, which some losses and metrics need.

    None come with this program, and it never downloads any: get the files
    that "bench weights list" names, then register them.
    """


@weights.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def add(files: tuple[Path, ...]) -> None:
    """Register FILES: tell by their content which they are, and copy them.

    Names do not matter. A damaged or unknown file is refused, and the others
    are registered all the same; the exit code is then 2.
    """
    from plugins.errors import BenchError, DataError
    from plugins.weights import Registry

    registry = Registry()
    refused = []
    for path in files:
        try:
            added = registry.add(path)
        except DataError as error:
            refused.append(str(error))
            continue
        what = "registered" if added.new else "already registered"
        click.echo(f"{added.file.name}: {what}, {added.path}")
    if refused:
        raise BenchError("\n  ".join(refused))


@weights.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """List the known files: what for, licence, size, state and place."""
    from plugins.weights import Registry

    registry = Registry()
    described = [_described(file, registry) for file in registry.files]
    if as_json:
        click.echo(json.dumps({"folder": str(registry.folder), "files": described}, indent=1))
    else:
        _show(described, registry)


def _described(file: WeightFile, registry: Registry) -> dict[str, Any]:
    path = registry.find(file.name)
    return {
        "name": file.name,
        "filename": file.filename,
        "about": file.about,
        "used_for": file.used_for,
        "licence": file.licence,
        "source": file.source,
        "size": file.size,
        "checksum": str(file.checksum) if file.checksum else None,
        "state": registry.state(file.name),
        "path": str(path) if path else None,
    }


def _show(described: list[dict[str, Any]], registry: Registry) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    table = Table(show_lines=True)
    for heading in ("name", "for", "licence", "size", "state"):
        table.add_column(heading, justify="right" if heading == "size" else "left")
    for one in described:
        size = f"{one['size'] / 1e6:.0f} MB" if one["size"] else ""
        cells = (one["name"], one["used_for"], one["licence"], size, one["state"])
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
    for one, file in zip(described, registry.files, strict=True):
        click.echo(f"{one['name']}: {_where(one, file)}")
    click.echo(f"folder: {registry.folder} (BENCH_WEIGHTS names another)")


def _where(one: dict[str, Any], file: WeightFile) -> str:
    from plugins.weights import how_to_get

    if one["state"] == "registered":
        return str(one["path"])
    if one["state"] == "missing":
        return how_to_get(file)
    return f"{one['path']} has not the size of this file: damaged. {how_to_get(file)}"
