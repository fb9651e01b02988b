"""Which data sets a command's arguments and options name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from plugins.errors import BenchError
from plugins.hints import nearest

if TYPE_CHECKING:
    from bench.experiment import Experiment
    from plugins.dataset import Which
    from plugins.discovery import Catalogue

_EXPERIMENT = "experiment:"


@dataclass
class Named:
    """A data set as it was named, not yet opened.

    Attributes:
        spec: ``reader`` or ``reader:root``.
        where: the argument or key that named it, for messages.
        parameters: of the reader.
        which: the kinds that are meant; empty for all that it holds.
        experiment: the one that named it, if one did.
    """

    spec: str
    where: str
    parameters: dict[str, Any] = field(default_factory=dict)
    which: tuple[Which, ...] = ()
    experiment: Experiment | None = None

    @property
    def reader(self) -> str:
        return self.spec.partition(":")[0].strip()

    @property
    def folder(self) -> str:
        return self.spec.partition(":")[2].strip()


def name_sets(
    specs: Sequence[str], settings: Sequence[str], root: str | None, catalogue: Catalogue
) -> list[Named]:
    """The data sets, with the parameters and roots that options give them.

    Args:
        specs: each ``reader``, ``reader:root``, or an experiment.
        settings: of ``--set``.
        root: of ``--root``.

    Raises:
        BenchError: an argument or an option names nothing.
    """
    named = [one for text in specs for one in _named(text, catalogue)]
    _configure(named, settings)
    if root:
        _give_root(named, root, catalogue)
    return named


def _named(text: str, catalogue: Catalogue) -> Iterator[Named]:
    if not _is_experiment(text, catalogue):
        yield Named(text, "SPEC")
        return
    from bench.commands.options import read_experiment

    experiment = read_experiment(text.removeprefix(_EXPERIMENT), catalogue, ())
    videos, images = (
        Named(source.spec, f"{key}.spec", {**source.parameters}, experiment=experiment)
        for key, source in (("videos", experiment.videos), ("images", experiment.images))
    )
    if experiment.videos == experiment.images:
        yield replace(videos, which=("videos", "images"))
    else:
        yield replace(videos, which=("videos",))
        yield replace(images, which=("images",))


def _is_experiment(text: str, catalogue: Catalogue) -> bool:
    """A reader goes before a preset of the same name.

    Raises:
        BenchError: it is neither.
    """
    readers = catalogue.of_kind("dataset")
    name, colon, _ = text.partition(":")
    if name.strip() in readers:
        return False
    if text.startswith(_EXPERIMENT) or text.endswith(".toml") or text in catalogue.presets:
        return True
    if not colon:
        known = {*readers, *catalogue.presets}
        raise BenchError(f"SPEC = {text}: no reader, preset or .toml file{nearest(text, known)}")
    return False


def _configure(named: list[Named], settings: Sequence[str]) -> None:
    """Give each setting to the readers that it is meant for."""
    from bench.experiment import parse_override

    readers = {one.reader for one in named}
    for text in settings:
        key, value = parse_override(text)
        reader, dot, parameter = key.partition(".")
        if not dot:
            if len(readers) > 1:
                examples = " or ".join(f"--set {name}.{key}=..." for name in sorted(readers))
                raise BenchError(f"--set {text}: of which reader? write {examples}")
            reader, parameter = next(iter(readers)), key
        elif reader not in readers:
            raise BenchError(
                f"--set {text}: no data set of reader '{reader}' is named"
                + nearest(reader, readers)
            )
        for one in named:
            if one.reader == reader:
                one.parameters[parameter] = value


def _give_root(named: list[Named], root: str, catalogue: Catalogue) -> None:
    lacking = [one for one in named if _lacks_root(one, catalogue)]
    if not lacking:
        raise BenchError(f"--root {root}: no reader waits for a folder; write reader:FOLDER")
    for one in lacking:
        one.parameters["root"] = root


def _lacks_root(one: Named, catalogue: Catalogue) -> bool:
    reader: Any = catalogue.get("dataset", one.reader, f"{one.where} = {one.spec}").plugin
    return reader.needs_root and not one.folder and "root" not in one.parameters
