"""``bench data fingerprint``: whether data are still the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.commands.data.sources import open_sources, source_options, tell_faults

if TYPE_CHECKING:
    from bench.commands.data.sources import Source
    from bench.data.fingerprintfile import Section


@click.command()
@source_options
@click.option("--records", is_flag=True, help="One line per record, as --check takes it.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, as --check takes it.")
@click.option(
    "--check",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Compare with what --records or --json printed before.",
)
@click.pass_context
def fingerprint(
    context: click.Context,
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    root: str | None,
    records: bool,
    as_json: bool,
    check: Path | None,
) -> None:
    """Print one SHA-256 of the videos, and one of the images, of each SPEC.

    It covers every record's id, class, group and content, and depends
    neither on the order of files nor on where they lie. Exit code 1: some files
    cannot be read, or, with --check, something changed.
    """
    from bench.data import fingerprintfile
    from plugins.discovery import discover

    if check and (records or as_json):
        raise click.UsageError("--check prints what changed; leave out --records and --json")
    before = fingerprintfile.read_sections(check) if check else []
    sources = open_sources(specs, settings, root, discover())
    sections = [section for source in sources for section in _sections(source)]
    wrong = tell_faults(line for section in sections for line in section.faults)
    if check:
        changes = _changes(before, sections)
        for line in changes:
            click.echo(line)
        wrong = wrong or bool(changes)
        if not wrong:
            click.echo(f"unchanged: {', '.join(section.title for section in sections)}")
    elif as_json:
        click.echo(fingerprintfile.as_json(sections))
    else:
        for section in sections:
            click.echo(fingerprintfile.as_text(section) if records else _whole(section))
    if wrong:
        context.exit(1)


def _sections(source: Source) -> Iterator[Section]:
    from bench.commands.data.progress import progress
    from bench.data.fingerprint import take_fingerprints
    from bench.data.fingerprintfile import Section

    for listing in source.listings:
        with progress(f"{source.name}: {listing.which}") as report:
            prints = take_fingerprints(listing.records, report)
        # A file that could not even be listed is lacking as much as one that cannot be read.
        faults = (*listing.faults, *prints.faults)
        whole = None if faults else prints.sha256
        yield Section(source.dataset.name, listing.which, whole, prints.prints, faults)


def _whole(section: Section) -> str:
    from bench.data.fingerprintfile import INCOMPLETE

    return f"{section.sha256 or INCOMPLETE}  {section.title} ({len(section.prints)} records)"


def _changes(before: list[Section], now: list[Section]) -> list[str]:
    """What changed; of several sets of one reader, the first is compared with the first."""
    from bench.data.fingerprint import differences

    old, new = _numbered(before), _numbered(now)
    lines = []
    for title in dict.fromkeys([*old, *new]):
        prints = [sections[title].prints if title in sections else () for sections in (old, new)]
        lines += [f"{title}: {line}" for line in differences(*prints)]
    return lines


def _numbered(sections: list[Section]) -> dict[str, Section]:
    titles: dict[str, Section] = {}
    for section in sections:
        title, number = section.title, 2
        while title in titles:
            title, number = f"{section.title} {number}", number + 1
        titles[title] = section
    return titles
