"""Which weight files a generator or metric needs, asked of the plugin itself.

A plugin that needs registered files says so in ``weights``: their names, as
its parameters stand. It is a class attribute, or where parameters decide a
property. `Metric` has it; a generator may. What parameters that no named set
holds would need, ``weights_if`` tells: names by the condition in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plugins.base import Plugin
from plugins.errors import PluginError

KINDS = ("generator", "metric")
"""Plugins that are asked."""


@dataclass(frozen=True)
class Need:
    """The weight files of one way to use a plugin.

    Attributes:
        choice: how a user writes it in an experiment: ``fvd``, ``fvd:self``;
            or the plugin's name and a condition in brackets.
        weights: names of files; may be empty.
    """

    choice: str
    weights: tuple[str, ...]


def needs_fault(plugin: type[Plugin]) -> tuple[str, str] | None:
    """What is wrong with how a class tells its needs, and what to do; None where it is right."""
    try:
        list(needs_of(plugin))
    except PluginError as error:
        return str(error), 'write weights: ClassVar[tuple[str, ...]] = ("name", ...), or a property'
    return None


def weights_of(plugin: Plugin) -> tuple[str, ...]:
    """The weight files that a configured plugin needs, by name.

    Raises:
        PluginError: ``weights`` is no tuple of names, or cannot be told.
    """
    if plugin.kind not in KINDS or "weights" in type(plugin).model_fields:
        return ()
    try:
        found = getattr(plugin, "weights", ())
    except Exception as error:
        raise PluginError(
            f"{plugin.kind} '{plugin.name}': its weights raised {type(error).__name__}: {error}"
        ) from None
    return _names(plugin, "weights", found)


def needs_of(plugin: type[Plugin]) -> Iterator[Need]:
    """The weight files of a plugin with its defaults, with each of its sets, and beyond.

    A set that cannot be used on this machine is left out; ``bench plugins`` says why.

    Raises:
        PluginError: ``weights`` or ``weights_if`` is not as described above.
    """
    yield Need(plugin.name, weights_of(plugin()))
    for name in plugin.sets:
        try:
            configured = plugin.configure({}, "sets", name)
        except Exception:  # whatever a foreign validator raises; discovery has told of it
            continue
        yield Need(f"{plugin.name}:{name}", weights_of(configured))
    for condition, names in _conditions(plugin).items():
        yield Need(f"{plugin.name} ({condition})", _names(plugin(), "weights_if", names))


def _conditions(plugin: type[Plugin]) -> Mapping[str, object]:
    declared = getattr(plugin, "weights_if", {}) if plugin.kind in KINDS else {}
    if not isinstance(declared, Mapping):
        raise PluginError(
            f"{plugin.kind} '{plugin.name}': its weights_if is {declared!r}, not a mapping "
            "of conditions in words and names of weight files"
        )
    return declared


def _names(plugin: Plugin, attribute: str, found: object) -> tuple[str, ...]:
    if isinstance(found, (tuple, list)) and all(isinstance(name, str) for name in found):
        return tuple(found)
    raise PluginError(
        f"{plugin.kind} '{plugin.name}': its {attribute} holds {found!r}, not a tuple of names of "
        "weight files"
    )
