"""Finding plugins by entry point, so that a broken one harms no other."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from importlib import metadata
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import pluggy

from plugins import hooks
from plugins.base import Plugin
from plugins.class_faults import class_fault
from plugins.errors import BenchError, one_line
from plugins.hints import nearest
from plugins.parameter_sets import value_faults

KINDS = {
    "generator": "bench_generators",
    "classifier": "bench_classifiers",
    "metric": "bench_metrics",
    "dataset": "bench_datasets",
}
PRESETS = "bench_presets"
_SPECS = {*KINDS.values(), PRESETS}


@runtime_checkable
class EntryPoint(Protocol):
    """What is asked of an entry point; the standard library's class and its backport's have it."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def dist(self) -> Any: ...
    def load(self) -> Any: ...


@dataclass(frozen=True)
class Offer:
    """One plugin class, and where it comes from."""

    kind: str
    name: str
    plugin: type[Plugin]
    entry_point: str
    distribution: str
    distribution_version: str


@dataclass(frozen=True)
class Broken:
    """A plugin, or a part of one, that cannot be used: why, and what to do."""

    entry_point: str
    distribution: str
    reason: str
    fix: str


@dataclass
class Catalogue:
    """All that was found."""

    offers: dict[tuple[str, str], Offer] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    presets: dict[str, str] = field(default_factory=dict)

    def of_kind(self, kind: str) -> dict[str, Offer]:
        """The offers of one kind, by name."""
        return {name: offer for (k, name), offer in sorted(self.offers.items()) if k == kind}

    def get(self, kind: str, name: str, where: str) -> Offer:
        """The named plugin.

        Raises:
            BenchError: there is none; names the nearest, and the broken
                plugin that may have offered it.
        """
        offer = self.offers.get((kind, name))
        if offer:
            return offer
        message = f"{where}: no {kind} '{name}'{nearest(name, self.of_kind(kind))}"
        if self.broken:
            names = ", ".join(sorted({b.entry_point for b in self.broken}))
            message += f" (broken plugins, see 'bench plugins': {names})"
        raise BenchError(message)


def discover(entry_points: Collection[EntryPoint] | None = None) -> Catalogue:
    """Load every plugin of the group ``bench``, each apart from the others.

    Where two plugins offer the same name, this distribution's own wins,
    then the distribution first in the alphabet; the other is broken.

    Args:
        entry_points: instead of the installed ones, for tests.
    """
    found = metadata.entry_points(group=hooks.GROUP) if entry_points is None else entry_points
    catalogue = Catalogue()
    for entry_point in sorted(set(found), key=_precedence):
        _load(entry_point, catalogue)
    return catalogue


def _precedence(entry_point: EntryPoint) -> tuple[bool, str, str, str]:
    distribution = _distribution(entry_point)[0]
    return distribution != "usbench", distribution, entry_point.name, entry_point.value


def _distribution(entry_point: EntryPoint) -> tuple[str, str]:
    return (entry_point.dist.name, entry_point.dist.version) if entry_point.dist else ("?", "?")


def _load(entry_point: EntryPoint, catalogue: Catalogue) -> None:
    distribution = _distribution(entry_point)[0]

    def broken(reason: str, fix: str) -> None:
        catalogue.broken.append(Broken(entry_point.name, distribution, reason, fix))

    try:
        module = entry_point.load()
    except (Exception, SystemExit) as error:
        broken(
            f"importing {entry_point.value} raised {one_line(error)}",
            f"mend the import, or uninstall {distribution}",
        )
        return
    for reason, fix in _misspelt(module):
        broken(reason, fix)
    # A manager of its own for each plugin: pluggy's validation stops at the
    # first fault of any plugin it holds.
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    try:
        manager.register(module, name=entry_point.name)
    except pluggy.PluginValidationError as error:
        broken(*_bad_arguments(module, error))
        return
    for hook in sorted(_SPECS):
        try:
            offered = [item for part in getattr(manager.hook, hook)() for item in part]
        except (Exception, SystemExit) as error:
            broken(
                f"hook {hook} of {entry_point.value} raised {one_line(error)}",
                f"mend the hook, or uninstall {distribution}",
            )
            continue
        for item in offered:
            _accept(item, hook, entry_point, catalogue, broken)


def _accept(
    item: object,
    hook: str,
    entry_point: EntryPoint,
    catalogue: Catalogue,
    broken: Callable[[str, str], None],
) -> None:
    distribution, version = _distribution(entry_point)
    if hook == PRESETS:
        preset = str(getattr(item, "stem", item))
        first = catalogue.presets.setdefault(preset, str(item))
        if first != str(item):
            broken(
                f"preset '{preset}' ({item}) is already offered as {first}",
                f"rename the file in {distribution}, or uninstall one of the two",
            )
        return
    kind = next(kind for kind, name in KINDS.items() if name == hook)
    fault = class_fault(item, kind)
    if fault:
        broken(f"hook {hook} of {entry_point.value} returned {item!r}: {fault[0]}", fault[1])
        return
    assert isinstance(item, type)
    assert issubclass(item, Plugin)
    taken = catalogue.offers.get((kind, item.name))
    if taken:
        broken(
            f"{kind} '{item.name}' is already offered by {taken.distribution}",
            f"rename it in {distribution}, or uninstall {taken.distribution}",
        )
        return
    catalogue.offers[kind, item.name] = Offer(
        kind, item.name, item, entry_point.name, distribution, version
    )
    for faulty in value_faults(item):
        broken(faulty, f"mend the set in {distribution}; '{item.name}' works without it")


def _misspelt(module: ModuleType) -> Iterable[tuple[str, str]]:
    for name, value in sorted(vars(module).items()):
        if not inspect.isfunction(value):
            continue
        marked = hasattr(value, f"{hooks.GROUP}_impl")
        if name in _SPECS and not marked:
            yield (
                f"function {name} of {module.__name__} is not marked as a hook",
                "put @hookimpl (from plugins) above it",
            )
        elif name not in _SPECS and (marked or name.startswith("bench_")):
            yield (
                f"{module.__name__} implements the unknown hook {name}",
                f"rename it{nearest(name, _SPECS)}",
            )


def _bad_arguments(module: ModuleType, error: pluggy.PluginValidationError) -> tuple[str, str]:
    for hook in sorted(_SPECS):
        implementation = getattr(module, hook, None)
        if inspect.isfunction(implementation):
            extra = sorted(inspect.signature(implementation).parameters)
            if extra:
                return (
                    f"hook {hook} of {module.__name__} takes the argument {', '.join(extra)}, "
                    "which the hook does not have",
                    f"write it as def {hook}():",
                )
    return one_line(error), "see plugins/hooks.py for the hooks"
