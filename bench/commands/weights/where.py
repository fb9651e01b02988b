"""``bench weights where``: the folders that are looked through, and what lies in them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from plugins.weights import Registry

MISSING = 1


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def where(context: click.Context, name: str | None, as_json: bool) -> None:
    """Tell which folders are looked through, in their order; with NAME, where that file is.

    Exit code 1: the file of NAME is missing.
    """
    from plugins.weights import Registry

    registry = Registry()
    if name is None:
        _show_places(registry, as_json)
    elif not _show_file(registry, name, as_json):
        context.exit(MISSING)


def _show_places(registry: Registry, as_json: bool) -> None:
    found = {file.name: registry.find(file.name) for file in registry.files}
    places = _places(registry)
    if as_json:
        paths = {name: str(path) if path else None for name, path in found.items()}
        click.echo(json.dumps({**places, "files": paths}, indent=1))
        return
    by = "set by BENCH_WEIGHTS" if places["set_by"] else "BENCH_WEIGHTS names another"
    click.echo(f"folder: {_existing(places['folder'])} ({by})")
    for cache in places["caches"]:
        click.echo(f"cache of torch.hub: {_existing(cache)} (TORCH_HOME moves it)")
    for name, path in found.items():
        click.echo(f"{name}: {path or 'missing'}")


def _places(registry: Registry) -> dict[str, Any]:
    from plugins.weight_places import VARIABLE

    def described(folder: Path) -> dict[str, Any]:
        return {"path": str(folder), "exists": folder.is_dir()}

    return {
        "folder": described(registry.folder),
        "set_by": VARIABLE if os.environ.get(VARIABLE) else None,
        "caches": [described(cache) for cache in registry.caches],
    }


def _existing(place: dict[str, Any]) -> str:
    return str(place["path"]) + ("" if place["exists"] else ", which is not there")


def _show_file(registry: Registry, name: str, as_json: bool) -> bool:
    """Print a file's path, or that it is missing; whether it is there."""
    from plugins.weights import how_to_get

    file, path = registry.known(name), registry.find(name)
    advice = "" if path else how_to_get(file)
    if as_json:
        told = {"name": name, "path": str(path) if path else None, "advice": advice}
        click.echo(json.dumps(told, indent=1))
    elif path:
        click.echo(path)
    else:
        click.echo(f"{name}: missing. {advice}", err=True)
    return path is not None
