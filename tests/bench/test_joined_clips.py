"""Real and synthesized clips as one set: each part draws its own."""

from __future__ import annotations

from pathlib import Path

import torch

from bench.cells.synthetic import JoinedClips
from bench.data import Cache, ClipSettings, VideoClips
from bench.data.phantom.dataset import Phantom
from plugins.clips import MemoryClips


def test_each_part_draws_its_own_clips(tmp_path: Path) -> None:
    records = Phantom(n_videos=4, size=32).videos()
    settings = ClipSettings(frames=8, span=8, size=32)
    real = VideoClips(records, Cache(tmp_path), settings)
    made = MemoryClips(torch.zeros(2, 1, 8, 32, 32, dtype=torch.uint8), [0, 1], real.classes)
    joined = JoinedClips(made, real)
    assert (real.draws, made.draws, joined.draws) == (True, False, True)
    assert not JoinedClips(made, made).draws
    seeds = range(6)
    batch = joined.batch(range(6), seeds)
    assert torch.equal(batch[:2], made.batch([0, 1]))
    assert torch.equal(batch[2:], real.batch(range(4), seeds[2:]))
    assert not torch.equal(batch[2:], real.batch(range(4)))


def test_what_was_synthesized_stays_told_apart() -> None:
    videos = torch.zeros(2, 1, 8, 32, 32, dtype=torch.uint8)
    real, made = (MemoryClips(videos, [0, 1], ("a", "b")) for _ in range(2))
    made.synthesized = [True, True]
    assert JoinedClips(real, made).synthesized == [False, False, True, True]
    assert JoinedClips(real, real).synthesized == [False] * 4
