"""``bench plugins``: every plugin that was found, and every one that is broken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from plugins.discovery import Catalogue, Offer


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def plugins(name: str | None, as_json: bool) -> None:
    """List plugins with their parameters; with NAME, describe one at length."""
    from plugins.discovery import discover
    from plugins.errors import BenchError
    from plugins.hints import nearest

    catalogue = discover()
    offers = [o for o in catalogue.offers.values() if name in (None, o.name)]
    if name and not offers:
        known = {offer.name for offer in catalogue.offers.values()}
        raise BenchError(f"no plugin '{name}'{nearest(name, known)}")
    described = sorted((describe(offer) for offer in offers), key=lambda d: (d["kind"], d["name"]))
    if as_json:
        broken = [] if name else [vars(b) for b in catalogue.broken]
        click.echo(json.dumps({"plugins": described, "broken": broken}, indent=1))
    elif name:
        for one in described:
            _show_one(one)
    else:
        _show_all(described, catalogue)


def describe(offer: Offer) -> dict[str, Any]:
    """One plugin as JSON values."""
    cls = offer.plugin
    schema = cls.model_json_schema()["properties"] if cls.model_fields else {}
    defaults = cls().parameters()
    return {
        "kind": offer.kind,
        "name": offer.name,
        "version": cls.version,
        "distribution": f"{offer.distribution} {offer.distribution_version}",
        "entry_point": offer.entry_point,
        "doc": (cls.__doc__ or "").strip(),
        "weights": list(getattr(cls, "weights", ())),
        "parameters": [
            {
                "name": key,
                "default": defaults[key],
                "doc": " ".join((field.description or "").split()),
                "schema": {k: v for k, v in schema[key].items() if k not in _SHOWN},
            }
            for key, field in cls.model_fields.items()
        ],
    }


_SHOWN = ("description", "default", "title")


def _show_all(described: list[dict[str, Any]], catalogue: Catalogue) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console()
    for kind in dict.fromkeys(one["kind"] for one in described):
        console.print(Text(f"{kind}s", "bold"))
        for one in (one for one in described if one["kind"] == kind):
            line = Text(f"  {one['name']}", "cyan")
            line.append(f"  version {one['version']}  ({one['distribution']})", "dim")
            if one["weights"]:
                line.append(f"  needs weights: {', '.join(one['weights'])}", "yellow")
            console.print(line)
            parameters = "  ".join(f"{p['name']}={_short(p['default'])}" for p in one["parameters"])
            if parameters:
                console.print(Padding(Text(parameters), (0, 0, 0, 6)))
    for broken in catalogue.broken:
        console.print(
            f"broken: {broken.entry_point} ({broken.distribution})\n"
            f"  reason: {broken.reason}\n  fix: {broken.fix}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if catalogue.presets:
        console.print(f"presets: {', '.join(sorted(catalogue.presets))}", markup=False)


def _show_one(one: dict[str, Any]) -> None:
    import inspect

    click.echo(f"{one['kind']} {one['name']} (version {one['version']}, {one['distribution']})\n")
    click.echo(inspect.cleandoc(one["doc"]))
    if one["weights"]:
        click.echo(f"\nneeds weights: {', '.join(one['weights'])}")
    if one["parameters"]:
        click.echo("\nparameters:")
    for parameter in one["parameters"]:
        limits = ", ".join(f"{k}: {v}" for k, v in parameter["schema"].items())
        click.echo(f"  {parameter['name']} = {_short(parameter['default'])}    ({limits})")
        if parameter["doc"]:
            click.echo(f"      {parameter['doc']}")


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
