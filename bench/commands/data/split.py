"""``bench data split``: draw splits and write them as manifests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.commands.data.sources import open_sources, source_options, tell_faults
from bench.commands.options import store_option

if TYPE_CHECKING:
    from bench.data import Split
    from bench.data.splits import Side


@click.command()
@source_options
@click.option(
    "--ratios",
    default="7:3,5:5,3:7",
    show_default=True,
    metavar="7:3,0.5",
    help="Training to test videos, or the share of training.",
)
@click.option("--seeds", default="0", show_default=True, metavar="0,1 or 0-4", help="Of the draws.")
@click.option(
    "--out",
    "-o",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("splits"),
    show_default=True,
    metavar="FOLDER",
    help="Where the manifests go: <ratio>-s<seed>.json.",
)
@store_option
def split(
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    root: str | None,
    ratios: str,
    seeds: str,
    folder: Path,
    store: Path,
) -> None:
    """Split the videos of SPEC, and write one manifest per ratio and seed.

    Stratified by class; patients, and videos that share nearly the same
    frame, stay together. Images that are named too (by an experiment, or
    as another SPEC) bind the videos that they belong to. Every manifest
    tells ids, classes, groups, contents, seed and rule;
    'bench run --splits FILE' uses it.
    """
    from bench.audit.audit import survey
    from bench.commands.data.audit import subsets_of
    from bench.commands.data.progress import progress
    from bench.commands.options import listed, numbers
    from bench.data import split as draw
    from bench.data.ratio import parse_ratio, ratio_text
    from bench.store import Store
    from plugins.discovery import discover
    from plugins.errors import BenchError, DataError

    shares = [ratio_text(parse_ratio(text)) for text in listed(ratios)]
    wanted = numbers(seeds, "--seeds")
    sources = open_sources(specs, settings, root, discover())
    n_videos = sum(listing.which == "videos" for one in sources for listing in one.listings)
    if n_videos != 1:
        raise BenchError(f"name one set of videos to split; there are {n_videos}")
    if tell_faults(line for source in sources for line in source.faults):
        raise DataError("a split needs all files: mend those above, or leave them out by 'exclude'")
    looked = survey(subsets_of(sources), Store(store).cache, progress)
    if looked.unreadable:
        lines = "\n  ".join(finding.message for finding in looked.unreadable)
        raise DataError(f"{len(looked.unreadable)} files cannot be read:\n  {lines}")
    (videos,) = (i for i, subset in enumerate(looked.subsets) if subset.which == "videos")
    subjects = looked.subjects(videos)
    for ratio in shares:
        for seed in wanted:
            made = draw(subjects, ratio, seed)
            path = folder / f"{ratio.replace(':', '-')}-s{seed}.json"
            try:
                made.save(path)
            except OSError as error:
                raise DataError(f"{path}: cannot be written: {error.strerror or error}") from None
            _tell(made, path)


def _tell(made: Split, path: Path) -> None:
    click.echo(f"{path}: train {_counts(made, 'train')}, test {_counts(made, 'test')}")


def _counts(made: Split, side: Side) -> str:
    counts = made.counts(side)
    each = ", ".join(f"{name} {n}" for name, n in counts.items())
    return f"{sum(counts.values())} ({each})"
