"""Before the first cell: decode everything once, and see which records belong together."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bench.audit.compare import compare
from bench.audit.signature import Signature
from bench.audit.signatures import Signatures
from bench.cells.part import Part
from bench.data import Cache, by_length
from bench.data.region import without_region
from bench.given import give_splits
from bench.materials import Materials
from bench.relate import relate
from bench.store import Store
from plugins.errors import DataError

Report = Callable[[int, int], None]


def prepare(materials: Materials, store: Store, out: TextIO | None = None) -> Materials:
    """Decode, leave out what is too short, join what is alike, and read splits that are given.

    Damaged files are all known before anything is computed.

    Args:
        materials: as gathered.
        store: holds the cache.
        out: where progress is shown; standard output by default.

    Returns:
        The materials, with what was left out and found in their notes.

    Raises:
        DataError: names every file that cannot be read, one per line; or
            a split that is given does not fit or leaks.
        BenchError: the cache cannot be written.
    """
    cache, signatures = Cache(store.cache), Signatures(store.cache)
    records = [*materials.videos.records(), *materials.images.records()]
    settings = materials.experiment.clip
    console = Console(file=out or sys.stdout)
    missing = cache.missing_size(records, settings)
    if missing.records:
        console.print(
            f"decoding {missing.records} of {len(records)} videos and images: about "
            f"{_in_units(missing.size)} into {store.cache}",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        report = _reporter(progress, "decoding")
        cache.fill(records, settings, report, watch=signatures.watch)
        materials = _long_enough(materials, cache)
        records = [*materials.videos.records(), *materials.images.records()]
        signed = [_sound(s) for s in signatures.of(records, _reporter(progress, "comparing"))]
        twins = compare(records, signed, store.cache, _reporter(progress, "comparing pairs"))
    materials = _told_of_regions(relate(materials, twins))
    return give_splits(materials)


def _reporter(progress: Progress, what: str) -> Report:
    task = progress.add_task(what, total=None)
    return lambda done, total: progress.update(task, completed=done, total=total)


def _sound(found: Signature | DataError) -> Signature:
    if isinstance(found, DataError):
        raise found
    return found


def _long_enough(materials: Materials, cache: Cache) -> Materials:
    """Without videos that are shorter than a clip's span, where they are to be left out."""
    settings = materials.experiment.clip
    kept, too_short = by_length(materials.videos.records(), cache, settings)
    if not too_short:
        return materials
    note = f"{len(too_short)} videos left out: shorter than {settings.span} frames"
    videos = materials.videos.among(record.id for record in kept)
    return replace(materials, videos=videos, notes=[note, *materials.notes])


def _told_of_regions(materials: Materials) -> Materials:
    """Say of how many records no region of interest is known."""
    notes = [_note_on_regions(part) for part in (materials.videos, materials.images)]
    return replace(materials, notes=[*filter(None, notes), *materials.notes])


def _note_on_regions(part: Part) -> str:
    whole = without_region(part.records(), part.settings)
    if not whole:
        return ""
    return f"{len(whole)} of {len(part.ids)} {part.which} have no region of interest: used whole"


def _in_units(size: int) -> str:
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{max(size >> 20, 1)} MiB"
