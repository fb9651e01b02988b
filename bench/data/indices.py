"""Which frames of a video make a clip: integer arithmetic, nothing else."""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Int64
from numpy import ndarray

Indices = Int64[ndarray, " T"]


def offsets(frames: int, span: int, count: int | None = None) -> Indices:
    """The sampled frames, counted from a clip's start.

    ``round(linspace(0, span - 1, frames))``, halves to even: the first
    and the last of the span are always sampled.

    Args:
        frames: T of a clip.
        span: video frames that T clip frames cover, at least T.
        count: take so many frames at the same rate; T by default.

    Returns:
        (count,) increasing from 0.
    """
    steps = np.arange(frames if count is None else count, dtype=np.int64)
    # One correctly rounded division: exact at halves, alike on every machine.
    return np.rint(steps * (span - 1) / max(frames - 1, 1)).astype(np.int64)


def starts(length: int, span: int, count: int) -> Indices:
    """Where the clips of one video start: evenly spaced, never twice the same.

    One clip is the centre of the video. Of several, the first starts at
    the first frame and the last ends at the last one. A video that has
    fewer than ``count`` places for a span gives as many clips as it has
    places; one not longer than the span gives one, from frame 0.

    Args:
        length: frames of the video, at least 1.
        span: video frames that a clip covers.
        count: clips wanted.

    Returns:
        (n,) increasing, 1 <= n <= count.
    """
    slack = max(length - span, 0)
    n = min(count, slack + 1)
    if n == 1:
        return np.array([slack // 2], dtype=np.int64)
    return np.rint(np.arange(n, dtype=np.int64) * slack / (n - 1)).astype(np.int64)


def clip_indices(
    length: int, start: int, chosen: Indices, short: Literal["loop", "hold", "drop"]
) -> Indices:
    """The video frames of one clip.

    Args:
        length: frames of the video, at least 1.
        start: its first frame.
        chosen: from `offsets`.
        short: past the end, ``loop`` starts again from frame 0 and
            ``hold`` repeats the last one. ``drop`` promises that there
            is no such frame.

    Returns:
        (T,) in [0, length).
    """
    wanted = start + chosen
    return wanted % length if short == "loop" else np.minimum(wanted, length - 1)
