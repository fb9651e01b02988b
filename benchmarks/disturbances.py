"""Known disturbances of real clips, each of growing strength.

The first level of each leaves a clip as it is. Blur, noise, shift and flip treat all frames
alike, frame 0 too; the others change the order or the time of frames and leave frame 0, which
a generator is given. What is drawn is drawn per clip from its seed, not from the level: the
frames that a weak shuffle moves a strong one moves too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from reel import Reel
from scipy.ndimage import gaussian_filter

from plugins.seeds import derive
from plugins.types import Clip


@dataclass(frozen=True)
class Disturbance:
    """One way to disturb a clip.

    Attributes:
        name: for table and figure.
        strength: what a level is, with its unit.
        levels: growing; the first is the clean set.
        made: a clip at a level, float32 (C, T, H, W) in [0, 1].
    """

    name: str
    strength: str
    levels: tuple[float, ...]
    made: Callable[[Reel, float], Clip]


def blurred(reel: Reel, sigma: float) -> Clip:
    """Every frame smoothed by a Gaussian of a standard deviation in pixels; edges repeated."""
    pixels = gaussian_filter(reel.clip.numpy(), (0, 0, sigma, sigma), mode="nearest")
    return torch.from_numpy(pixels)


def noisy(reel: Reel, deviation: float) -> Clip:
    """White Gaussian noise, in grey levels, added to every pixel of every frame; then cut off."""
    noise = _random(reel, "noise").standard_normal(tuple(reel.clip.shape)).astype(np.float32)
    return (reel.clip + deviation / 255 * torch.from_numpy(noise)).clamp(0, 1)


def shuffled(reel: Reel, share: float) -> Clip:
    """A share of the frames after frame 0 in each other's places, none in its own."""
    chosen = _chosen(reel, share, "shuffle")
    order = np.arange(reel.clip.shape[1])
    order[chosen] = np.roll(chosen, 1)
    return reel.clip[:, order]


def frozen(reel: Reel, share: float) -> Clip:
    """A share of the frames after frame 0 shows the last one before that is not of the share."""
    order = np.arange(reel.clip.shape[1])
    order[_chosen(reel, share, "freeze")] = 0
    return reel.clip[:, np.maximum.accumulate(order)]


def faster(reel: Reel, factor: float) -> Clip:
    """The same start, played so many times as fast."""
    return reel.at_speed(factor)


def slower(reel: Reel, factor: float) -> Clip:
    """The same start, played so many times as slowly."""
    return reel.at_speed(1 / factor)


def shifted(reel: Reel, pixels: float) -> Clip:
    """Every frame moved to the right by whole pixels; the left edge repeated."""
    columns = np.maximum(np.arange(reel.clip.shape[3]) - int(pixels), 0)
    return reel.clip[..., columns]


def flipped(reel: Reel, share: float) -> Clip:
    """The whole clip mirrored left to right, with a probability."""
    return reel.clip.flip(-1) if _random(reel, "flip").random() < share else reel.clip


SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
FACTORS = (1.0, 1.5, 2.0, 3.0)
DISTURBANCES = (
    Disturbance("blur", "standard deviation [px]", (0.0, 0.5, 1.0, 2.0, 4.0), blurred),
    Disturbance("noise", "standard deviation [grey levels]", (0.0, 4.0, 8.0, 16.0, 32.0), noisy),
    Disturbance("frame shuffle", "share of frames moved", SHARES, shuffled),
    Disturbance("freeze", "share of frames held", SHARES, frozen),
    Disturbance("faster", "times as fast", FACTORS, faster),
    Disturbance("slower", "times as slow", FACTORS, slower),
    Disturbance("shift", "to the right [px]", (0.0, 1.0, 2.0, 4.0, 8.0), shifted),
    Disturbance("flip", "share of clips mirrored", SHARES, flipped),
)


def _random(reel: Reel, name: str) -> np.random.Generator:
    return np.random.default_rng(derive(reel.seed, name))


def _chosen(reel: Reel, share: float, name: str) -> np.ndarray:
    """A share of the frames 1 to T-1, in a random order; a larger share begins with a smaller."""
    count = reel.clip.shape[1] - 1
    return 1 + _random(reel, name).permutation(count)[: round(share * count)]
