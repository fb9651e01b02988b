"""Videos of any length: a generator's clips one after the other, each from the last's last frame.

A clip of T frames is a segment. Segment j continues frame j(T - 1) of the
video, which is the last frame of the segment before and is not repeated:
S segments make S(T - 1) + 1 frames. Each segment draws anew from a seed of
its own, so that motion may change its course where one begins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import UInt8
from numpy import ndarray

from bench.cells.sampling import sample, to_bytes
from plugins.errors import BenchError
from plugins.generator import Generator, Stills
from plugins.seeds import derive


def n_segments(n_frames: int, clip_frames: int) -> int:
    """How many clips of a length a video takes.

    Args:
        n_frames: of the video, at least 1.
        clip_frames: T, of a clip; at least 2 where the video is longer.
    """
    if n_frames <= clip_frames:
        return 1
    return -(-(n_frames - 1) // (clip_frames - 1))


def segment_seeds(seed: int, image: str, number: int, segments: int) -> tuple[int, ...]:
    """The seed of each segment of sample ``number`` of an image.

    That of the first does not depend on how many there are, so that a
    longer video begins as the shorter one does.
    """
    first = derive(seed, image, number)
    return (first, *(derive(seed, image, number, j) for j in range(1, segments)))


def refuse_length(generator: Generator, n_frames: int, clip_frames: int) -> None:
    """Refuse a length that a generator cannot reach.

    Raises:
        BenchError: it asks the simulator, which knows what follows its
            own images only; or its clips are one frame.
    """
    if n_frames <= clip_frames:
        return
    if generator.needs_continuation:
        raise BenchError(
            f"--frames {n_frames}: '{generator.name}' makes clips of {clip_frames} frames and no "
            "longer videos: it asks the simulator what follows an image, and the simulator does "
            "not know what follows a video's last frame; "
            f"choose at most {clip_frames}, or another generator"
        )
    if clip_frames == 1:
        raise BenchError(
            f"--frames {n_frames}: the experiment's clips are one frame (clip.frames = 1), and "
            "nothing can be continued by them"
        )


def sample_segments(
    generator: Generator,
    stills: Stills,
    seeds: Sequence[Sequence[int]],
    n_frames: int,
    clip_frames: int,
    report: Callable[[int], None] | None = None,
) -> UInt8[ndarray, "B C N H W"]:
    """Continue stills as videos of any length.

    The frame that a segment continues is taken as it is stored, in 256
    levels: a video is what its own stored frames lead to.

    Args:
        generator: fitted or loaded.
        stills: B images (B, C, H, W); their own seeds are not used.
        seeds: per still, the seed of each segment.
        n_frames: N, of each video.
        clip_frames: T, of each segment.
        report: called with the segments done.

    Returns:
        uint8; frame 0 is the image.

    Raises:
        PluginError: as `sample`.
    """
    parts: list[ndarray] = []
    for j in range(n_segments(n_frames, clip_frames)):
        if report:
            report(j)
        now = replace(stills, seeds=[own[j] for own in seeds])
        if parts:
            now = replace(now, images=_last_frame(parts[-1]), records=[None] * len(stills))
        clips = to_bytes(sample(generator, now, clip_frames))
        parts.append(clips[:, :, 1:] if parts else clips)
    return np.concatenate(parts, axis=2)[:, :, :n_frames]


def _last_frame(clips: ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(clips[:, :, -1])).float() / 255
