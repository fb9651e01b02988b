"""Clips whose motion is known, and shapes of trouble, for the metric tests."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, shift, spline_filter
from torch import Tensor

from plugins import Metric


def noise(n: int = 4, c: int = 1, t: int = 6, size: int = 24, seed: int = 0) -> Tensor:
    """Clips of independent uniform noise."""
    return torch.rand(n, c, t, size, size, generator=torch.Generator().manual_seed(seed))


def texture(seed: int = 0, size: int = 96) -> np.ndarray:
    """A smooth random texture in [0, 1], periodic, so that it can be moved round."""
    field = gaussian_filter(
        np.random.default_rng(seed).standard_normal((size, size)), 1.5, mode="wrap"
    )
    return (field - field.min()) / np.ptp(field)


def moved(path: np.ndarray, seed: int = 0, size: int = 64) -> Tensor:
    """A window on a texture that moves along a path of (dx, dy): (1, T, size, size)."""
    whole = spline_filter(texture(seed), mode="grid-wrap")
    frames = [shift(whole, (dy, dx), mode="grid-wrap", prefilter=False) for dx, dy in path]
    rim = (len(whole) - size) // 2
    window = np.clip(np.stack(frames)[:, rim:-rim, rim:-rim], 0, 1)
    return torch.from_numpy(window).float()[None]


@cache
def translating(
    speed: float, degrees: float = 0.0, n: int = 2, t: int = 5, seed: int = 0
) -> Tensor:
    """Clips that move as a whole, at one speed in px/frame: (n, 1, t, 64, 64)."""
    angle = np.deg2rad(degrees)
    path = speed * np.arange(t)[:, None] * np.array([np.cos(angle), np.sin(angle)])
    return torch.stack([moved(path, seed + i) for i in range(n)])


def still(clips: Tensor) -> Tensor:
    """Frame 0 repeated."""
    return clips[:, :, :1].expand_as(clips).contiguous()


def figure(metric: Metric, **ingredients: Tensor) -> float:
    """The metric's figure of one batch."""
    metric.reset()
    metric.update(**ingredients)
    return metric.compute()
