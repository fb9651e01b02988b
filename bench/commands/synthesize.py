"""``bench synthesize``: videos from one's own images, by a generator of an experiment."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.commands.options import choose_device, store_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.data.writer import Form
    from plugins.dataset import Record
    from plugins.discovery import Catalogue


@click.command()
@click.argument("experiment")
@click.argument("images")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--generator", metavar="NAME", help="Default: the only one that learns.")
@click.option("--ratio", metavar="7:3", help="Whose training; default: the only one.")
@click.option("--replicate", type=int, help="Whose training; default: the first.")
@click.option(
    "--per-image", type=click.IntRange(1, 1000), default=1, show_default=True, help="Samples each."
)
@click.option(
    "--frames",
    type=click.IntRange(1, 100_000),
    help="Of each video; default: as the experiment's clips. Longer ones continue the last frame.",
)
@click.option(
    "--form",
    "forms",
    type=click.Choice(["mp4", "lossless", "frames", "cache"]),
    multiple=True,
    default=("mp4", "lossless"),
    show_default=True,
    help="mp4 to look at; to train on lossless (FFV1 in .mkv), frames (a folder of PNG files "
    "each) or cache (uint8 .npy). May be given several times.",
)
@click.option(
    "--fps", type=click.IntRange(1, 240), default=10, show_default=True, help="Frames per second."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all draws.")
@click.option(
    "--batch",
    type=click.IntRange(1, 4096),
    default=64,
    show_default=True,
    help="Images handed over at once.",
)
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:N, or auto.")
@store_option
def synthesize(
    experiment: str,
    images: str,
    folder: Path,
    generator: str | None,
    ratio: str | None,
    replicate: int | None,
    per_image: int,
    frames: int | None,
    forms: tuple[Form, ...],
    fps: int,
    seed: int,
    batch: int,
    device: str,
    store: Path,
) -> None:
    """Continue every image of IMAGES as videos, into the new FOLDER.

    EXPERIMENT was run before; its generator is used as it was trained then.
    IMAGES is a folder of images, a folder with one folder per class, or
    reader:root, as busi:/data/BUSI. FOLDER gets a folder per form, with one
    folder per class in it (which 'folder:FOLDER/lossless' reads as videos),
    a contact sheet, a figure, and synthesis.json, which says how each video
    was made. A killed call is completed by calling it again.
    """
    from rich.console import Console
    from rich.progress import Progress

    from bench.data import Cache
    from bench.data.writer import FORMS
    from bench.store import Store
    from bench.synthesis import Request
    from bench.synthesis import synthesize as make
    from bench.trained import load_trained
    from plugins.discovery import discover
    from plugins.run import Run

    _refuse_among_images(folder, images)
    catalogue = discover()
    place = Store(store)
    run = Run(folder=store, device=choose_device(device), seed=seed)
    trained = load_trained(
        experiment,
        place,
        catalogue,
        run,
        generator=generator,
        ratio=ratio,
        replicate=replicate,
    )
    for warning in trained.warnings:
        click.echo(f"note: {warning}", err=True)
    records = _images(images, catalogue)
    request = Request(
        records=records,
        per_image=per_image,
        n_frames=frames or trained.settings.frames,
        clip_frames=trained.settings.frames,
        seed=seed,
        forms=tuple(form for form in FORMS if form in forms),
        fps=fps,
        batch=batch,
    )
    console = Console(file=sys.stdout)
    with place.lock(_lock_of(folder)), Progress(console=console, transient=True) as progress:
        task = progress.add_task("synthesizing")
        sheet, figure = make(
            trained,
            request,
            Cache(place.cache),
            folder,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    click.echo(
        f"{len(records) * per_image} videos of {request.n_frames} frames, of {len(records)} "
        f"images: {folder}"
    )
    click.echo(f"contact sheet: {sheet}")
    click.echo(f"figure: {figure}")


def _refuse_among_images(folder: Path, images: str) -> None:
    """A folder there would be taken for a class by the next call."""
    from plugins.errors import BenchError

    path = Path(images).expanduser()
    if path.is_dir() and path.resolve() in folder.resolve().parents:
        raise BenchError(f"{folder}: lies among the images, in {path}; choose a folder elsewhere")


def _lock_of(folder: Path) -> str:
    """So that a second call on the same folder waits for the first."""
    return f"synthesis-{hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()}"


def _images(text: str, catalogue: Catalogue) -> Sequence[Record]:
    """The records of a folder or of ``reader:root``."""
    from bench.data.readers.layout import listed
    from bench.data.readers.loose import has_loose_images, loose_images
    from bench.materials import open_dataset
    from plugins.errors import BenchError

    path = Path(text).expanduser()
    if path.is_dir() and has_loose_images(path):
        return loose_images(path)
    if path.is_dir() and not any(entry.is_dir() for entry in listed(path)):
        raise BenchError(
            f"{path}: holds no images; give a folder of images, or one with a folder per class"
        )
    if path.is_dir() or ":" not in text:
        text = f"folder:{text}"
    records = open_dataset(text, {}, "IMAGES", catalogue).images()
    if not records:
        raise BenchError(f"{text}: holds no images")
    return records
