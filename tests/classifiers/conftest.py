"""Clips whose classes differ by their motion alone, and a config."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from plugins.clips import MemoryClips


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A small config of MMAction2's."""
    from tests.classifiers.tiny_config import written

    return written(tmp_path)


@pytest.fixture
def drifting() -> Callable[..., MemoryClips]:
    """Make clips of smooth noise that drifts left or right by 1 or 2 pixels a frame.

    Each frame alone, and the set of frames without their order, look
    alike in both classes.
    """

    def make(n: int, seed: int, size: int = 64, frames: int = 16) -> MemoryClips:
        generator = torch.Generator().manual_seed(seed)
        videos = torch.empty(n, 1, frames, size, size, dtype=torch.uint8)
        for i in range(n):
            noise = torch.rand(1, 1, 16, 24, generator=generator)
            wide = F.interpolate(noise, (size, size + 2 * frames), mode="bicubic")[0, 0]
            speed = int(torch.randint(1, 3, (), generator=generator))
            starts = [speed * t for t in range(frames)]
            for t, start in enumerate(reversed(starts) if i % 2 else starts):
                videos[i, 0, t] = (255 * wide[:, start : start + size].clamp(0, 1)).byte()
        return MemoryClips(videos, [i % 2 for i in range(n)], ("left", "right"))

    return make
