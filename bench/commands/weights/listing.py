"""``bench weights list``: every known file, and what needs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from plugins.known_weights import WeightFile
    from plugins.weights import Registry


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """List the known files: what needs them, whose they are, licence, size, checksum, state."""
    from bench.weight_users import users_by_file
    from plugins.discovery import discover
    from plugins.weights import Registry

    catalogue = discover()
    registry, users = Registry(), users_by_file(catalogue)
    described = [_described(file, registry, users.get(file.name, [])) for file in registry.files]
    if as_json:
        click.echo(json.dumps({"folder": str(registry.folder), "files": described}, indent=1))
        return
    for one, file in zip(described, registry.files, strict=True):
        _show(one, file)
    click.echo(f"folder: {registry.folder} (BENCH_WEIGHTS names another)")
    if catalogue.broken:
        names = ", ".join(sorted({broken.entry_point for broken in catalogue.broken}))
        click.echo(f"broken plugins, whose needs are not known: {names}; see: bench plugins")


def _described(file: WeightFile, registry: Registry, users: list[str]) -> dict[str, Any]:
    path = registry.find(file.name)
    return {
        "name": file.name,
        "filename": file.filename,
        "about": file.about,
        "needed_by": users,
        "licence": file.licence,
        "source": file.source,
        "size": file.size,
        "checksum": str(file.checksum) if file.checksum else None,
        "state": registry.state(file.name),
        "path": str(path) if path else None,
    }


def _show(one: dict[str, Any], file: WeightFile) -> None:
    size = f"{one['size']:,} bytes" if one["size"] else "of a size that is not published"
    click.echo(click.style(one["name"], bold=True) + f": {one['state']}")
    for heading, told in (
        ("what", one["about"]),
        ("needed by", ", ".join(one["needed_by"]) or "no plugin that is installed"),
        ("licence", one["licence"]),
        ("source", one["source"]),
        ("file", f"{one['filename']}, {size}"),
        ("checksum", one["checksum"] or "none is published; told by its tensors"),
        _place(one, file),
    ):
        click.echo(f"  {heading:<9}  {told}")
    click.echo()


def _place(one: dict[str, Any], file: WeightFile) -> tuple[str, str]:
    """Where the file is, or what to do to have it."""
    from plugins.weights import how_to_get

    if one["state"] == "registered":
        return "path", str(one["path"])
    if one["state"] == "missing":
        return "to do", how_to_get(file)
    return "to do", f"{one['path']} has not the size of this file: damaged. {how_to_get(file)}"
