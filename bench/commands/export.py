"""``bench export``: what a model that is run elsewhere needs of an experiment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.commands.options import experiment_options, read_experiment, store_option

if TYPE_CHECKING:
    from bench.data.writer import Form


@click.command()
@experiment_options
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--form",
    type=click.Choice(["frames", "cache", "lossless"]),
    default="frames",
    show_default=True,
    help="Of the training videos: a folder of PNG files each, cache (uint8 .npy) or lossless "
    "(FFV1 in .mkv). All hold the same pixels.",
)
@click.option("--labels", is_flag=True, help="Tell the class of the stills that are continued.")
@store_option
def export(
    experiment: str,
    folder: Path,
    settings: tuple[str, ...],
    form: Form,
    labels: bool,
    store: Path,
    **narrowed: Any,
) -> None:
    """Write what a video model needs to take part in EXPERIMENT, into the new FOLDER.

    For every split: its training videos, the stills to be continued and
    a table of the videos to be made. A model in any language puts its
    videos there; the generator 'precomputed' then plays them in 'bench run'.
    """
    from rich.console import Console
    from rich.progress import Progress

    from bench.data import Cache
    from bench.export.export import export as write
    from bench.export.place import refuse_among, refuse_taken
    from bench.materials import gather
    from bench.matrix import expand
    from bench.prepare import prepare
    from bench.store import Store
    from plugins.discovery import discover

    refuse_taken(folder)  # before anything is decoded
    catalogue = discover()
    wanted = read_experiment(experiment, catalogue, settings, **narrowed)
    # Without its plugins: one of them may be the very folder that is not there yet.
    wanted = wanted.model_copy(update={"generators": (), "classifiers": (), "metrics": ()})
    place = Store(store)
    materials = gather(wanted, catalogue)
    refuse_among(folder, [materials.videos.dataset, materials.images.dataset])
    matrix = expand(prepare(materials, place))
    with Progress(console=Console(file=sys.stdout), transient=True) as progress:
        task = progress.add_task("writing")
        done = write(
            matrix,
            Cache(place.cache),
            folder,
            form,
            labels=labels,
            report=lambda n, total: progress.update(task, completed=n, total=total),
        )
    click.echo(
        f"{folder}: {len(done.splits)} split(s) with {done.n_training} training videos and "
        f"{done.n_stills} stills, of which {done.n_videos} videos are to be made"
    )
    click.echo(f"next: read {folder / 'README.txt'}, and fill in {folder / 'manifest.toml'}")
