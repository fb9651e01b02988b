"""What a generator that needs ids is told of a split, before anything is computed on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClipFacts:
    """What every clip of an experiment is.

    Attributes:
        frames: T.
        size: height and width, pixels.
        channels: 1 (grey) or 3 (RGB).
        offsets: frame k of a clip is the video's frame ``offsets[k]``, counted
            from the clip's frame 0: the rate at which clips are sampled.
    """

    frames: int
    size: int
    channels: int
    offsets: tuple[int, ...]


@dataclass(frozen=True)
class SplitFacts:
    """One split.

    Attributes:
        name: ratio and replicate, as ``7:3 r0``.
        train: ids of the training videos.
        test: ids of the test videos.
        clip: what the clips are.
    """

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]
    clip: ClipFacts


def split_name(ratio: str, replicate: int) -> str:
    """The name of a split, as titles and messages have it."""
    return f"{ratio} r{replicate}"
