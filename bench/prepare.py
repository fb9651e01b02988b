"""Decode every video and image of an experiment once, before its first cell."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bench.data import Cache
from bench.materials import Materials
from bench.store import Store


def prepare(materials: Materials, store: Store) -> None:
    """Fill the cache, so that damaged files are all known before anything is computed.

    Raises:
        DataError: names every file that cannot be read, one per line.
    """
    cache = Cache(store.cache)
    records = [*materials.video_records, *materials.images.records()]
    console = Console(file=sys.stdout)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("decoding", total=len(records))
        cache.fill(
            records,
            materials.experiment.clip,
            report=lambda done, total: progress.update(task, completed=done, total=total),
        )
