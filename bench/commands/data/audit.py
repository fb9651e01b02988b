"""``bench data audit``: what makes data sets, and their splits, worthless."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.commands.data.sources import open_sources, source_options
from bench.commands.options import store_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.audit.audit import Subset, Survey
    from bench.audit.sides import Sides
    from bench.commands.data.sources import Source

BROKEN = 1


@click.command()
@source_options
@click.option("--splits", metavar="FILE,...", help="Splits of the videos to look into.")
@click.option("--span", type=click.IntRange(1), help="Frames of a clip; default: 48, or clip.span.")
@click.option("--fatal", metavar="RULE,...", help="Rules that end it with exit code 1, or none.")
@click.option("--all", "every", is_flag=True, help="Show every finding.")
@click.option("--json", "as_json", is_flag=True, help="As JSON: every finding.")
@store_option
@click.pass_context
def audit(
    context: click.Context,
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    root: str | None,
    splits: str | None,
    span: int | None,
    fatal: str | None,
    every: bool,
    as_json: bool,
    store: Path,
) -> None:
    """Look into each SPEC, and at all of them side by side.

    Finds equal and nearly equal frames, also across classes and between
    videos and images; patients in both; what leaks in splits (of an
    experiment: in all of its own); frozen, short and unreadable files;
    burned-in text, colour, and classes that only one side has. Every frame
    is decoded once; what is kept of it lies in the store. Exit code 1: a
    rule marked as fatal is broken.
    """
    from rich.console import Console

    from bench.audit.audit import audit as judge
    from bench.audit.audit import survey
    from bench.audit.report import as_json as to_json
    from bench.audit.report import show
    from bench.commands.data.progress import progress
    from bench.store import Store
    from plugins.discovery import discover

    marked = _fatal(fatal)
    sources = open_sources(specs, settings, root, discover())
    subsets = subsets_of(sources)
    paths = _split_files(splits, subsets)
    looked = survey(subsets, Store(store).cache, progress)
    experiments = [source.experiment for source in sources if source.experiment]
    span = span or (experiments[0].clip.span if experiments else 48)
    found = judge(looked, span, _sides(looked, sources, paths))
    if as_json:
        click.echo(to_json(found, marked))
    else:
        show(found, marked, every, Console())
    broken = sorted({finding.rule for finding in found.findings} & marked)
    if broken:
        click.echo(f"fatal: {', '.join(broken)}", err=True)
        context.exit(BROKEN)


def _fatal(text: str | None) -> set[str]:
    """The rules that are fatal: those that are by default, or the user's."""
    from bench.audit.findings import RULES
    from plugins.errors import BenchError
    from plugins.hints import nearest

    if text is None:
        return {name for name, rule in RULES.items() if rule.fatal}
    names = {part.strip() for part in text.split(",") if part.strip()} - {"none"}
    for name in sorted(names - RULES.keys()):
        known = ", ".join(RULES)
        raise BenchError(f"--fatal: no rule '{name}'{nearest(name, RULES)}; there are: {known}")
    return names


def subsets_of(sources: Sequence[Source]) -> list[Subset]:
    """All listings; those of one space share patients by name."""
    from bench.audit.audit import Subset

    subsets = []
    told: set[str] = set()
    for number, source in enumerate(sources):
        space = source.dataset.group_space() or f"set {number}"
        for listing in source.listings:
            own = f"{space}/{listing.which}" if space == f"set {number}" else space
            faults = tuple(line for line in listing.faults if line not in told)
            told |= set(faults)
            subsets.append(
                Subset(source.name, listing.which, own, listing.records, faults, source.notes())
            )
    return subsets


def _split_files(text: str | None, subsets: Sequence[Subset]) -> list[Path]:
    """The files of --splits; told before anything is decoded that there is nothing to split."""
    from plugins.errors import BenchError

    n_videos = sum(subset.which == "videos" for subset in subsets)
    if text and n_videos != 1:
        raise BenchError(f"--splits {text}: name one set of videos, not {n_videos}")
    return [Path(part.strip()).expanduser() for part in (text or "").split(",") if part.strip()]


def _sides(looked: Survey, sources: Sequence[Source], files: Sequence[Path]) -> list[Sides]:
    """The splits of files, and those that an experiment would draw."""
    from bench.audit.drawn import drawn_sides, read_all_sides

    sides: list[Sides] = []
    number = 0
    for source in sources:
        for listing in source.listings:
            if listing.which == "videos":
                sides += read_all_sides(looked, number, files)
                if source.experiment:
                    sides += drawn_sides(looked, number, source.experiment)
            number += 1
    return sides
