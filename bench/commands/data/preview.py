"""``bench data preview``: data sets at a glance, as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from bench.commands.data.sources import open_sources, source_options, tell_faults


@click.command()
@source_options
@click.option(
    "-o",
    "--output",
    metavar="FILE.png",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The picture; replaced where it is there.",
)
@click.option(
    "--per-class",
    type=click.IntRange(1, 100),
    default=3,
    show_default=True,
    help="Videos, or rows of stills, of each class.",
)
@click.option(
    "--frames", type=click.IntRange(2, 32), default=8, show_default=True, help="Of each video."
)
@click.option(
    "--size",
    type=click.IntRange(48, 512),
    default=96,
    show_default=True,
    help="Pixels of a frame's longer side.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of which are drawn."
)
@click.pass_context
def preview(
    context: click.Context,
    specs: tuple[str, ...],
    settings: tuple[str, ...],
    root: str | None,
    output: Path,
    per_class: int,
    frames: int,
    size: int,
    seed: int,
) -> None:
    """Draw videos and stills of every class of each SPEC on one picture.

    They are spread over the whole list of their class. A video is a row of
    frames and two slices through its centre over time: x-t (time down) and
    y-t (time to the right). Exit code 1: some files cannot be read; they are
    named, and the rest is drawn.
    """
    from bench.commands.data.progress import progress
    from bench.data.preview import Manner, Shown, draw_preview
    from plugins.discovery import discover
    from plugins.errors import BenchError

    if output.suffix.lower() != ".png":
        raise BenchError(f"-o {output}: the picture is a PNG file; name it {output.stem}.png")
    sources = open_sources(specs, settings, root, discover())
    sets = [
        Shown(source.name, listing.which, listing.records, len(listing.faults))
        for source in sources
        for listing in source.listings
    ]
    with progress("drawing") as report:
        unread = draw_preview(sets, Manner(per_class, frames, size, seed), output, report)
    click.echo(f"preview: {output}")
    if tell_faults([line for source in sources for line in source.faults] + unread):
        context.exit(1)
