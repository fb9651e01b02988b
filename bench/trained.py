"""A generator as an experiment trained it, found again in the store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bench.data import ClipSettings, Split
from bench.data.ratio import parse_ratio, ratio_text
from bench.planfile import read_plan, split_path
from bench.provenance import plugin_identity
from bench.store import Store
from plugins.discovery import Catalogue
from plugins.errors import BenchError
from plugins.generator import Generator
from plugins.hints import nearest
from plugins.run import Run


@dataclass(frozen=True)
class Trained:
    """A generator ready to sample, and what it was trained on.

    Attributes:
        settings: the clips that it makes.
        classes: the experiment's class names.
        origin: experiment, generator, parameters, ratio, replicate, the key
            of its training (None where it does not learn), and the ids and
            groups of the videos that it was trained on.
        warnings: what its user should know.
    """

    generator: Generator
    settings: ClipSettings
    classes: tuple[str, ...]
    origin: dict[str, Any]
    warnings: list[str] = field(default_factory=list)


def load_trained(
    experiment: str,
    store: Store,
    catalogue: Catalogue,
    run: Run,
    *,
    generator: str | None = None,
    ratio: str | None = None,
    replicate: int | None = None,
) -> Trained:
    """Load a generator of an experiment that was run.

    Args:
        experiment: its name.
        run: the device to sample on; a generator that does not learn is
            loaded in its folder.
        generator, ratio, replicate: which one; by default the only
            generator that learns, the only ratio, the first replicate.

    Raises:
        BenchError: there is no such training, it is not finished, or the
            choice is not clear; says what there is.
    """
    plan = read_plan(experiment, store)
    name = plan["experiment"]["name"]
    learned = [s["generator"] for s in plan["syntheses"] if s["fit"]]
    generator = _one_of("generator", generator, list(plan["generators"]), learned, name)
    ratio = ratio and ratio_text(parse_ratio(ratio))
    ratio = _one_of("ratio", ratio, [s["ratio"] for s in plan["splits"]], None, name)
    replicates = [str(s["replicate"]) for s in plan["splits"]]
    wanted = None if replicate is None else str(replicate)
    replicate = int(_one_of("replicate", wanted, replicates, replicates[:1], name))
    fit = _fit_of(plan, generator, ratio, replicate)
    described = plan["generators"][generator]
    offer = catalogue.get("generator", described["plugin"], f"experiment '{name}'")
    plugin = offer.plugin.configure(described["all"], f"the plan of '{name}'")
    assert isinstance(plugin, Generator)
    if plugin.needs_ids:
        raise BenchError(
            f"--generator {generator}: its videos were made elsewhere, for the stills of '{name}' "
            "only: it continues no other images; choose another generator"
        )
    split = Split.read(split_path(store.experiment(name), ratio, replicate))
    warnings = _ready(plugin, fit, store, run, name)
    return Trained(
        generator=plugin,
        settings=ClipSettings.model_validate(plan["experiment"]["clip"]),
        classes=tuple(plan["classes"]),
        origin={
            "experiment": name,
            "generator": generator,
            "plugin": {"name": plugin.name, "version": type(plugin).version},
            "parameters": plugin.parameters(),
            "ratio": ratio,
            "replicate": replicate,
            "fit": fit,
            "trained_on": {id: split.groups[id] for id in split.train} if fit else {},
        },
        warnings=warnings,
    )


def _one_of(
    what: str, wanted: str | None, there: list[str], default: list[str] | None, experiment: str
) -> str:
    """The wanted one, or the only one of the default (by default of all)."""
    there = list(dict.fromkeys(there))
    if wanted is not None:
        if wanted not in there:
            raise BenchError(
                f"--{what} {wanted}: '{experiment}' has {', '.join(there)}{nearest(wanted, there)}"
            )
        return wanted
    choice = list(dict.fromkeys(default if default is not None else there))
    if len(choice) != 1:
        raise BenchError(f"'{experiment}' has several: choose with --{what} {'|'.join(there)}")
    return choice[0]


def _fit_of(plan: dict[str, Any], generator: str, ratio: str, replicate: int) -> str | None:
    """The key of the training; None where the generator does not learn."""
    wanted = (generator, ratio, replicate)
    for s in plan["syntheses"]:
        if (s["generator"], s["ratio"], s["replicate"]) == wanted:
            key: str | None = s["fit"]
            return key
    raise BenchError(
        f"'{plan['experiment']['name']}' synthesizes nothing with '{generator}' at {ratio}: "
        "it has no quality metric, and no protocol that uses synthetic videos"
    )


def _ready(
    generator: Generator, fit: str | None, store: Store, run: Run, experiment: str
) -> list[str]:
    """Load the weights; tell where the code has changed since they were learned."""
    if fit is None:
        generator.load(run)
        return []
    result = store.result(fit)
    if result is None:
        failed = "failed" if store.failure(fit) else "is not finished"
        raise BenchError(
            f"the training of '{generator.name}' {failed} in {store.root}; "
            f"'bench status {experiment}' tells more, 'bench run {experiment}' goes on with it"
        )
    generator.load(replace(run, folder=store.cell(fit)))
    if result["identity"]["generator"]["source"] != plugin_identity(generator)["source"]:
        return [f"the code of '{generator.name}' has changed since it was trained"]
    return []
