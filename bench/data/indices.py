"""Which frames of a video make a clip: integer arithmetic, nothing else."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from jaxtyping import Int64
from numpy import ndarray

from bench.data.settings import Sampling, Short
from plugins.seeds import derive

Indices = Int64[ndarray, " T"]


class SamplingSettings(Protocol):
    """The settings that choose frames; `ClipSettings` has them."""

    @property
    def frames(self) -> int: ...
    @property
    def sampling(self) -> Sampling: ...
    @property
    def stride(self) -> int | None: ...
    @property
    def span(self) -> int: ...


def offsets(settings: SamplingSettings, count: int | None = None) -> Indices:
    """The sampled frames, counted from the first of them.

    ``uniform``: ``round(linspace(0, span - 1, frames))``, halves to even,
    so that the first and the last of the span are always sampled.
    ``segments``: the middle frame of each of ``frames`` equal segments of
    the span (Wang et al., Temporal Segment Networks, ECCV 2016).
    ``stride``: every stride-th frame.

    Args:
        settings: frames, sampling, stride and span.
        count: take so many frames at the same rate; T by default.

    Returns:
        (count,) increasing from 0.
    """
    frames, span = settings.frames, settings.span
    steps = np.arange(frames if count is None else count, dtype=np.int64)
    if settings.sampling == "stride":
        return steps * (settings.stride or 1)
    if settings.sampling == "segments":
        return (2 * steps + 1) * span // (2 * frames) - lead(settings)
    # One correctly rounded division: exact at halves, alike on every machine.
    return np.rint(steps * (span - 1) / max(frames - 1, 1)).astype(np.int64)


def lead(settings: SamplingSettings) -> int:
    """Frames of the span before the first sampled one; only ``segments`` leaves any out."""
    return settings.span // (2 * settings.frames) if settings.sampling == "segments" else 0


def n_places(length: int, span: int) -> int:
    """In how many places a video holds a span; one where it is not longer than the span."""
    return max(length - span, 0) + 1


def starts(length: int, span: int, count: int) -> Indices:
    """Where the spans of one video start: evenly spaced, never twice the same.

    One is at the centre of the video. Of several, the first starts at
    the first frame and the last ends at the last one. A video that has
    fewer than ``count`` places for a span gives as many as it has
    places; one not longer than the span gives one, from frame 0.

    Args:
        length: frames of the video, at least 1.
        span: video frames that a clip covers.
        count: clips wanted.

    Returns:
        (n,) increasing, 1 <= n <= count.
    """
    slack = n_places(length, span) - 1
    n = min(count, slack + 1)
    if n == 1:
        return np.array([slack // 2], dtype=np.int64)
    return np.rint(np.arange(n, dtype=np.int64) * slack / (n - 1)).astype(np.int64)


def drawn_start(length: int, span: int, seed: int) -> int:
    """Where a span starts that is drawn from all places with equal probability.

    Args:
        length: frames of the video, at least 1.
        span: video frames that a clip covers.
        seed: decides alone.
    """
    return derive(seed, "place") % n_places(length, span)


def clip_indices(length: int, start: int, chosen: Indices, short: Short) -> Indices:
    """The video frames of one clip.

    Args:
        length: frames of the video, at least 1.
        start: the first sampled frame.
        chosen: from `offsets`.
        short: past the end, ``loop`` starts again from frame 0 and
            ``hold`` repeats the last one. ``drop`` promises that there
            is no such frame.

    Returns:
        (T,) in [0, length).
    """
    wanted = start + chosen
    return wanted % length if short == "loop" else np.minimum(wanted, length - 1)
