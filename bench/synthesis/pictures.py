"""Pictures of what was synthesized: a contact sheet, and a figure for print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench.data import contact_sheet, decode
from bench.data.figure import Panel, draw_figure
from bench.data.sheet import evenly
from bench.data.writer import EXACT
from bench.figures import detail_of
from bench.synthesis.request import Request, Video

SHEET = "sheet.png"
FIGURE = "figure.png"

_IMAGES = 4
"""Shown, where the classes are not more."""
_MOST_IMAGES = 8
_SAMPLES = 3


def draw_pictures(
    request: Request,
    videos: Sequence[Video],
    folder: Path,
    sample: Callable[[Sequence[Video]], np.ndarray],
) -> list[Path]:
    """Draw some images of each class, each with its first videos.

    Args:
        videos: all of the request's, image by image.
        folder: holds them.
        sample: makes videos (B, C, T, H, W) once more, where no form that
            was written holds their pixels.

    Returns:
        The PNG files.

    Raises:
        DataError: a video cannot be read, or a picture cannot be written.
    """
    shown = _shown(request, videos)
    clips = [_clips(request, own, folder, sample) for own in shown]
    contact_sheet(
        [
            (f"{_told(video)}, sample {video.number}", clip)
            for own, made in zip(shown, clips, strict=True)
            for video, clip in zip(own, made, strict=True)
        ],
        folder / SHEET,
    )
    panels = [
        Panel(
            own[0].record.label,
            detail_of(own[0].record.id),
            [(f"sample {v.number}", clip) for v, clip in zip(own, made, strict=True)],
        )
        for own, made in zip(shown, clips, strict=True)
    ]
    draw_figure(panels, folder / FIGURE, image_apart=True)
    return [folder / SHEET, folder / FIGURE]


def _shown(request: Request, videos: Sequence[Video]) -> list[Sequence[Video]]:
    """Images of every class, where they are not too many, and spread over each class's list."""
    members: dict[str, list[int]] = {}
    for i, record in enumerate(request.records):
        members.setdefault(record.label, []).append(i)
    each = max(_IMAGES // len(members), 1)
    images = [own[i] for own in members.values() for i in evenly(len(own), each)]
    k = request.per_image
    return [
        videos[images[i] * k : images[i] * k + min(k, _SAMPLES)]
        for i in evenly(len(images), _MOST_IMAGES)
    ]


def _clips(
    request: Request,
    videos: Sequence[Video],
    folder: Path,
    sample: Callable[[Sequence[Video]], np.ndarray],
) -> list[np.ndarray]:
    """The very pixels of videos of one image: as they were written, or sampled once more."""
    exact = [form for form in EXACT if form in request.forms]
    if exact:
        return [decode.frames(video.path(folder, exact[0])) for video in videos]
    return list(sample(videos))


def _told(video: Video) -> str:
    label = f"{video.record.label}: " if video.record.label else ""
    return f"{label}{video.record.id}"
