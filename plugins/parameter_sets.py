"""Named sets of a plugin's parameters: values that belong together, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from plugins.errors import BenchError
from plugins.hints import nearest

if TYPE_CHECKING:
    from plugins.base import Plugin

DEFAULT = "default"
"""The set that every plugin has: the defaults of its fields."""


@dataclass(frozen=True)
class ParameterSet:
    """Values that belong together.

    Attributes:
        reason: one line on what the set is for.
        values: by field name. A value may equal the default: what a
            source states is then still said where the default changes.
    """

    reason: str
    values: Mapping[str, Any]


def named(text: str) -> tuple[str, str]:
    """``name:set`` as (name, set); the set is empty where there is no colon."""
    name, _, set_name = text.partition(":")
    return name, set_name


def values_of(plugin: type[Plugin], set_name: str, where: str) -> dict[str, Any]:
    """The values of a plugin's set; none for ``default`` and for an empty name.

    Raises:
        BenchError: there is no such set.
    """
    refuse_unknown(plugin, set_name, where)
    return {} if set_name in ("", DEFAULT) else dict(plugin.sets[set_name].values)


def refuse_unknown(plugin: type[Plugin], set_name: str, where: str) -> None:
    """Raise where a plugin has no such set.

    Raises:
        BenchError: names the nearest, and all there are.
    """
    if set_name in ("", DEFAULT, *plugin.sets):
        return
    hint = nearest(set_name, [DEFAULT, *plugin.sets], list_all=True)
    raise BenchError(f"{where}: {plugin.kind} '{plugin.name}' has no set '{set_name}'{hint}")


def declaration_fault(plugin: type[Plugin]) -> tuple[str, str] | None:
    """What is wrong with how a class declares its sets, and what to do; None where it is right."""
    fix = "write sets: ClassVar[Mapping[str, ParameterSet]] = {...} (from plugins)"
    if "sets" in plugin.model_fields:
        return "its sets is a parameter, not a class attribute", fix
    if not isinstance(plugin.sets, Mapping):
        return f"its sets is {plugin.sets!r}, not a mapping", fix
    for name, one in plugin.sets.items():
        if not isinstance(name, str) or not name or name == DEFAULT or set(name) & set(":, "):
            return (
                f"a set has the name {name!r}",
                f"name it without colon, comma and space, and not '{DEFAULT}'",
            )
        if not isinstance(one, ParameterSet) or not isinstance(one.values, Mapping):
            return f"its set '{name}' is {one!r}, not a ParameterSet of values by name", fix
        if not isinstance(one.reason, str) or not one.reason or "\n" in one.reason:
            return f"its set '{name}' has no reason in one line", "say what the set is for"
    return None


def value_faults(plugin: type[Plugin]) -> Iterator[str]:
    """For each set that the plugin cannot be made of: which, and why.

    A set may be faulty on one machine only, where a validator looks for a
    file: so each stands for itself, and spoils neither the others nor the
    defaults.
    """
    for name in plugin.sets:
        try:
            plugin.configure({}, "sets", name)
        except BenchError as error:
            yield str(error)
        except Exception as error:
            yield (
                f"sets, set '{name}': {plugin.kind} '{plugin.name}' raised "
                f"{type(error).__name__}: {error}"
            )
