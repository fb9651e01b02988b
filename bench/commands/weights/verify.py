"""``bench weights verify``: whether the files that are here are still what they were."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from plugins.weight_check import Check
    from plugins.weights import Registry

NOT_SOUND = 1


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def verify(context: click.Context, names: tuple[str, ...], as_json: bool) -> None:
    """Read every registered file whole, or those of NAMEs, and compare its checksum.

    Where no checksum is published the tensors' names and shapes are compared.
    Exit code 1: a file is damaged or cannot be read, or one of NAMEs is missing.
    """
    from plugins.weights import Registry

    registry = Registry()
    for name in names:
        registry.known(name)  # a misspelt name is refused before anything is read
    wanted = dict.fromkeys(names or [file.name for file in registry.files])
    checks = []
    for name in wanted:
        checks.append(_checked(registry, name))
        if not as_json:
            _show(checks[-1])
    if as_json:
        click.echo(json.dumps({"files": [_described(one) for one in checks]}, indent=1))
    allowed = ("ok",) if names else ("ok", "missing")
    if any(one.state not in allowed for one in checks):
        context.exit(NOT_SOUND)


def _checked(registry: Registry, name: str) -> Check:
    from bench.commands.data.progress import progress
    from plugins.weight_check import check

    with progress(f"reading {name}") as report:
        return check(registry, name, report)


def _show(one: Check) -> None:
    told = one.advice or f"{one.path} ({one.told_by})"
    click.echo(f"{one.state:<10}  {one.file.name}: {told}")


def _described(one: Check) -> dict[str, Any]:
    return {
        "name": one.file.name,
        "state": one.state,
        "path": str(one.path) if one.path else None,
        "told_by": one.told_by,
        "advice": one.advice,
    }
