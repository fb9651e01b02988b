"""``bench plugins``: every plugin that was found, and every one that is broken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from plugins.base import Plugin
    from plugins.discovery import Catalogue, Offer
    from plugins.weight_needs import Need


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
    from plugins.weight_needs import needs_of, weights_of

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
        "weights": list(weights_of(cls())),
        "weight_files": _weight_files(list(needs_of(cls))),
        "sets": [_described_set(cls, name, defaults) for name in cls.sets],
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


def _described_set(cls: type[Plugin], name: str, defaults: dict[str, Any]) -> dict[str, Any]:
    """A set: why, and what it changes; or the fault, where it has one on this machine."""
    described: dict[str, Any] = {"name": name, "reason": cls.sets[name].reason}
    try:
        values = cls.configure({}, "sets", name).parameters()
    except Exception as error:
        return described | {"parameters": {}, "fault": str(error)}
    changed = {key: value for key, value in values.items() if value != defaults[key]}
    return described | {"parameters": changed}


def _weight_files(needs: list[Need]) -> list[dict[str, Any]]:
    """Per set or condition the files it needs, and whether they are here; empty: none ever is."""
    from plugins.errors import DataError
    from plugins.weights import Registry

    def state(registry: Registry, name: str) -> str:
        try:
            return registry.state(name)
        except DataError as error:
            return str(error)

    if not any(need.weights for need in needs):
        return []
    registry = Registry()
    return [
        {"choice": need.choice, "files": {name: state(registry, name) for name in need.weights}}
        for need in needs
    ]


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
            if one["sets"]:
                names = ", ".join(f"{one['name']}:{s['name']}" for s in one["sets"])
                console.print(Text(f"      sets: {names}"), soft_wrap=True)
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
    _show_weight_files(one)
    if one["parameters"]:
        click.echo("\nparameters:")
    for parameter in one["parameters"]:
        limits = ", ".join(f"{k}: {v}" for k, v in parameter["schema"].items())
        click.echo(f"  {parameter['name']} = {_short(parameter['default'])}    ({limits})")
        if parameter["doc"]:
            click.echo(f"      {parameter['doc']}")

    _show_sets(one)


def _show_weight_files(one: dict[str, Any]) -> None:
    """What each set needs, and whether it is registered."""
    if not one["weight_files"]:
        return
    click.echo("\nneeds weights (bench weights list tells where to get them):")
    for need in one["weight_files"]:
        files = ", ".join(f"{name} ({state})" for name, state in need["files"].items())
        click.echo(f"  {need['choice']}: {files or 'none'}")


def _show_sets(one: dict[str, Any]) -> None:
    """Each set with what it changes, and the default beside it."""
    if one["sets"]:
        click.echo("\nsets of parameters, which differ from the defaults in:")
    defaults = {p["name"]: p["default"] for p in one["parameters"]}
    for declared in one["sets"]:
        click.echo(f"  {one['name']}:{declared['name']}    {declared['reason']}")
        for key, value in declared["parameters"].items():
            click.echo(f"      {key} = {_short(value)}    (default: {_short(defaults[key])})")
        if "fault" in declared:
            click.echo(f"      cannot be used: {declared['fault']}")


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
