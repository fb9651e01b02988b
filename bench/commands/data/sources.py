"""The data sets that a command is given: opened, and their records listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bench.commands.data.named import Named, name_sets
from plugins.errors import DataError, FaultyDataError

if TYPE_CHECKING:
    from bench.experiment import Experiment
    from plugins.dataset import Dataset, Record, Which
    from plugins.discovery import Catalogue

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Listing:
    """The videos, or the images, of a data set.

    Attributes:
        which: ``videos`` or ``images``.
        records: those that nothing is wrong with, in the reader's order.
        faults: one line per file that is wrong, each naming it.
    """

    which: Which
    records: tuple[Record, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A data set to be looked at.

    Attributes:
        name: ``reader`` or ``reader:root``, as the user wrote it.
        dataset: the reader, configured.
        listings: its videos, its images, or both.
        experiment: the one that named it, if one did.
    """

    name: str
    dataset: Dataset
    listings: tuple[Listing, ...]
    experiment: Experiment | None = None

    @property
    def which(self) -> tuple[Which, ...]:
        """What the data set has of videos and images."""
        return tuple(listing.which for listing in self.listings)

    @property
    def faults(self) -> tuple[str, ...]:
        """All that is wrong, each line once."""
        return tuple(dict.fromkeys(line for one in self.listings for line in one.faults))

    def notes(self) -> tuple[str, ...]:
        """What the reader says of the data set, as far as its faults let it."""
        try:
            return tuple(self.dataset.notes())
        except DataError:
            return (f"{self.name}: notes cannot be told before the faults are mended",)


def source_options(command: F) -> F:
    """The data sets, and the options that configure their readers."""
    decorators = [
        click.argument("specs", metavar="SPEC...", nargs=-1, required=True),
        click.option("--root", metavar="FOLDER", help="What readers named without a folder read."),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="KEY=VALUE",
            help="Set a parameter of the reader (of several: READER.KEY=VALUE); repeatable.",
        ),
    ]
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def open_sources(
    specs: Sequence[str], settings: Sequence[str], root: str | None, catalogue: Catalogue
) -> list[Source]:
    """Open the data sets that specs and experiments name, and list their records.

    Args:
        specs: each ``reader``, ``reader:root``, or an experiment.
        settings: of ``--set``.
        root: of ``--root``.

    Raises:
        BenchError: no such reader, experiment or parameter; or a folder is lacking.
        DataError: a data set cannot be listed, or none of its records is sound.
    """
    return [_listed(one, catalogue) for one in name_sets(specs, settings, root, catalogue)]


def tell_faults(faults: Iterable[str]) -> bool:
    """Print to stderr what is wrong, each line once; whether anything is."""
    lines = list(dict.fromkeys(faults))
    for line in lines:
        click.echo(f"fault: {line}", err=True)
    return bool(lines)


def _listed(one: Named, catalogue: Catalogue) -> Source:
    from bench.materials import open_dataset

    dataset = open_dataset(one.spec, one.parameters, one.where, catalogue)
    name = one.spec if one.folder or not dataset.root else f"{one.reader}:{dataset.root}"
    kinds = one.which or dataset.holds()
    listings: list[Listing] = []
    empty: list[DataError] = []
    for which in kinds:
        try:
            listing = _listing(dataset, which)
        except DataError as error:
            empty.append(error)
        else:
            listings.append(listing)
    # An experiment means both kinds that it names; of a reader, one will do.
    if empty and (one.which or not listings):
        raise min(empty, key=lambda error: str(error).count("\n"))
    return Source(name, dataset, tuple(listings), one.experiment)


def _listing(dataset: Dataset, which: Which) -> Listing:
    """The records of one kind.

    Raises:
        DataError: there is none, or two have one id.
    """
    faults: tuple[str, ...] = ()
    try:
        records = tuple(dataset.videos() if which == "videos" else dataset.images())
    except FaultyDataError as error:
        if not error.records:
            raise
        records, faults = tuple(error.records), error.faults
    if not records:
        raise DataError(f"dataset '{dataset.name}': holds no {which}")
    twice = [id for id, n in Counter(record.id for record in records).items() if n > 1]
    if twice:
        raise DataError(f"dataset '{dataset.name}': two of its {which} have the id '{twice[0]}'")
    return Listing(which, records, faults)
