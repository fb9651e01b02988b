"""A real clip with the video that it was taken from, so that it can be played at another speed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from bench.data import Cache, VideoClips
from bench.data.indices import offsets
from bench.data.phantom.dataset import PhantomRecord
from bench.data.region import framing
from plugins.seeds import derive
from plugins.types import Clip, Frames


@dataclass(frozen=True)
class Reel:
    """One clip and its video.

    Attributes:
        clip: float32 (C, T, H, W) in [0, 1].
        video: uint8 (L, H, W, C), from its first frame.
        start: the video frame that is frame 0.
        offsets: (T,), the clip's frames, counted from there.
        seed: of whatever is drawn for this clip.
    """

    clip: Clip
    video: Frames
    start: int
    offsets: np.ndarray
    seed: int

    def last(self, speed: float) -> int:
        """The video frame that a clip at this speed reaches."""
        return self.start + math.ceil(speed * int(self.offsets[-1]))

    def at_speed(self, speed: float) -> Clip:
        """The clip from the same start at another speed.

        Between two frames of the video it is interpolated linearly; past
        the last one the video is played backwards.
        """
        at = folded(self.start + speed * self.offsets, len(self.video))
        before = np.floor(at).astype(np.int64)
        after = np.minimum(before + 1, len(self.video) - 1)
        share = (at - before)[:, None, None, None]
        frames = (1 - share) * self.video[before] + share * self.video[after]
        return torch.from_numpy(frames.transpose(3, 0, 1, 2) / 255).float()


def folded(positions: np.ndarray, length: int) -> np.ndarray:
    """Positions from 0 on in a video of so many frames that is played to and fro."""
    if length == 1:
        return np.zeros_like(positions)
    way = 2 * (length - 1)
    there = positions % way
    return np.minimum(there, way - there)


def reel(clips: VideoClips, index: int, cache: Path, speed: float, seed: int) -> Reel:
    """The clip at an index, its video read on as far as a speed needs it.

    The phantom's videos are simulated on where they end, the others are as
    long as they are.
    """
    record, start, chosen = clips.records[index], clips.starts[index], offsets(clips.settings)
    needed = start + math.ceil(speed * int(chosen[-1])) + 1
    if isinstance(record, PhantomRecord) and record.n_frames < needed:
        framed = framing(record, clips.settings)
        longer = replace(record, n_frames=needed).frames()
        video = np.stack([framed(frame) for frame in longer])
    else:
        video = Cache(cache).frames(record, clips.settings)
    return Reel(clips[index], video, start, chosen, derive(seed, clips.ids[index]))
