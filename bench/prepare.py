"""Decode every video and image of a matrix once, before its first cell."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bench.data import Cache
from bench.matrix import Matrix
from bench.store import Store


def prepare(matrix: Matrix, store: Store) -> None:
    """Fill the cache, so that damaged files are all known before anything is computed.

    Raises:
        DataError: names every file that cannot be read, one per line.
    """
    settings = matrix.experiment.clip
    cache = Cache(store.cache)
    videos = matrix.materials.videos(matrix.materials.all_video_ids())
    records = [*videos.records(), *matrix.materials.images.records()]
    console = Console(file=sys.stdout)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("decoding", total=len(records))
        cache.fill(
            records,
            settings,
            report=lambda done, total: progress.update(task, completed=done, total=total),
        )
