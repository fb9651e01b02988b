"""Synthesize labelled videos from a user's own images, into a folder."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from bench.data import Cache, StillSource, still_of
from bench.data.writer import Form, write_video
from bench.store import write_atomically
from bench.synthesis.manifest import claim, manifest_of, refuse_taken, tidy
from bench.synthesis.pictures import draw_pictures
from bench.synthesis.request import Request, Video
from bench.synthesis.segments import refuse_length, sample_segments
from bench.trained import Trained
from plugins.dataset import Record
from plugins.errors import BenchError
from plugins.generator import Stills

_HELD = 1 << 30
"""Bytes of finished videos that are held in memory at once, about."""


def synthesize(
    trained: Trained,
    request: Request,
    cache: Cache,
    folder: Path,
    report: Callable[[int, int], None],
) -> list[Path]:
    """Write the videos, their groups, a manifest and two pictures.

    Called again on the folder of a killed call, it makes what is missing;
    the files are the same. Two calls at once on one folder are the
    caller's to prevent.

    Args:
        folder: new or empty, or an earlier call's with the same request.
        report: called with segments of videos done and their total.

    Returns:
        The pictures: a contact sheet, and a figure for print.

    Raises:
        BenchError: the folder holds something else, an image cannot be
            read, the generator reads labels that are unknown or cannot
            reach the length, or a file cannot be written.
    """
    refuse_length(trained.generator, request.n_frames, request.clip_frames)
    _refuse_unknown_labels(trained, request.records)
    videos = request.videos()
    manifest = manifest_of(trained, request, videos)
    refuse_taken(folder, manifest)  # before the images are decoded
    cache.fill(request.records, trained.settings)
    claim(folder, manifest)
    tidy(folder)
    for form in request.forms:
        _write_groups(folder, form, videos)
    total = len(videos) * request.segments
    size = _batch(trained, request)
    for start in range(0, len(videos), size):
        # Always the same company: which samples were there already changes no rounding.
        chosen = videos[start : start + size]
        missing = [i for i, video in enumerate(chosen) if not request.is_made(video, folder)]
        if not missing:
            continue

        def tell(done: int, start: int = start, n: int = len(chosen)) -> None:
            report(start * request.segments + done * n, total)

        clips = sample_videos(trained, request, chosen, cache, tell)
        for i in missing:
            for form in request.forms:
                write_video(clips[i], chosen[i].path(folder, form), form, request.fps)
    report(total, total)
    return draw_pictures(
        request, videos, folder, lambda shown: sample_videos(trained, request, shown, cache)
    )


def sample_videos(
    trained: Trained,
    request: Request,
    chosen: Sequence[Video],
    cache: Cache,
    report: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Sample videos in one batch: uint8 (B, C, T, H, W)."""
    classes = trained.classes
    stills = Stills(
        images=torch.stack([still_of(v.record, trained.settings, cache) for v in chosen]),
        seeds=[v.seeds[0] for v in chosen],
        labels=[
            classes.index(v.record.label) if v.record.label in classes else None for v in chosen
        ],
        classes=classes,
        records=[StillSource(v.record, trained.settings) for v in chosen],
    )
    return sample_segments(
        trained.generator,
        stills,
        [v.seeds for v in chosen],
        request.n_frames,
        request.clip_frames,
        report,
    )


def _batch(trained: Trained, request: Request) -> int:
    """Images continued at once: fewer where their videos are long."""
    channels, _, height, width = trained.settings.shape
    held = math.prod((channels, request.n_frames, height, width))
    return max(min(request.batch, _HELD // held), 1)


def _refuse_unknown_labels(trained: Trained, records: Sequence[Record]) -> None:
    """Refuse images whose class a generator that reads labels cannot take.

    An image without a class is its own matter (`Generator.needs_labels`). One of a
    class that it never saw is refused: as unknown, what its user says would be ignored.
    """
    generator = trained.generator
    if not generator.reads_labels:
        return
    for record in records:
        if record.label in trained.classes or not (record.label or generator.needs_labels):
            continue
        told = f"class '{record.label}' is none" if record.label else "has no class, and needs one"
        raise BenchError(
            f"{record.id}: {told} of those that '{generator.name}' was trained on "
            f"({', '.join(trained.classes)}), for it reads labels; put the image into a folder of "
            "its class, or leave it out"
        )


def _write_groups(folder: Path, form: Form, videos: Sequence[Video]) -> None:
    """``groups.csv``, so that the folder reader keeps a patient's videos on one side.

    Written before the videos: without it each would be a patient of its own.
    """
    root = folder / form
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["id", "group"])
    for video in videos:
        table.writerow([video.path(folder, form).relative_to(root).as_posix(), video.record.group])
    path = root / "groups.csv"
    try:
        write_atomically(path, text.getvalue())
    except OSError as error:
        raise BenchError(f"{path}: cannot be written: {error.strerror or error}") from None
