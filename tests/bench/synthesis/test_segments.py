"""Videos longer than a generator's clips."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bench.cells.sampling import to_bytes
from bench.synthesis.segments import n_segments, refuse_length, sample_segments, segment_seeds
from generators.controls.jitter import Jitter
from generators.controls.oracle import Oracle
from plugins.errors import BenchError
from plugins.generator import Stills
from plugins.types import ClipBatch

T = 5
IDS = ["a", "b", "c"]


class Listening(Jitter):
    """Jitter that remembers what it was shown."""

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        _SHOWN.append(stills)
        return super().sample(stills, n_frames)


_SHOWN: list[Stills] = []


@pytest.fixture
def stills() -> Stills:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 1, 24, 24), dtype=np.uint8)
    return Stills(torch.from_numpy(pixels).float() / 255, [0] * 3, labels=[0, 1, None])


def seeds(segments: int) -> list[tuple[int, ...]]:
    return [segment_seeds(7, name, 0, segments) for name in IDS]


def long(stills: Stills, n_frames: int, generator: Jitter | None = None) -> np.ndarray:
    own = seeds(n_segments(n_frames, T))
    return sample_segments(generator or Jitter(), stills, own, n_frames, T)


@pytest.mark.parametrize(
    ("n_frames", "segments"), [(1, 1), (4, 1), (5, 1), (6, 2), (9, 2), (10, 3), (13, 3), (14, 4)]
)
def test_as_many_segments_as_it_takes(stills: Stills, n_frames: int, segments: int) -> None:
    assert n_segments(n_frames, T) == segments
    # S segments make S(T - 1) + 1 frames: enough, and one segment fewer would not be.
    assert (segments - 1) * (T - 1) + 1 < n_frames or segments == 1
    assert n_frames <= segments * (T - 1) + 1
    assert long(stills, n_frames).shape == (3, 1, n_frames, 24, 24)


def test_a_longer_video_begins_as_the_shorter_one(stills: Stills) -> None:
    longest = long(stills, 23)
    for n_frames in (1, 3, 5, 6, 12):
        assert np.array_equal(long(stills, n_frames), longest[:, :, :n_frames])


def test_frame_zero_is_the_image(stills: Stills) -> None:
    assert np.array_equal(long(stills, 12)[:, :, 0], to_bytes(stills.images))


def test_each_segment_continues_the_frame_at_its_seam(stills: Stills) -> None:
    _SHOWN.clear()
    video = long(stills, 13, Listening())
    assert len(_SHOWN) == 3
    for j, shown in enumerate(_SHOWN):
        at = j * (T - 1)
        assert np.array_equal(to_bytes(shown.images), video[:, :, at])
        assert list(shown.seeds) == [own[j] for own in seeds(3)]
        alone = to_bytes(Jitter().sample(shown, T))
        assert np.array_equal(alone, video[:, :, at : at + T])
    # The seam stands once: what follows it has moved on.
    for seam in (4, 8):
        assert not np.array_equal(video[:, :, seam], video[:, :, seam + 1])


def test_the_same_motion_is_not_played_again(stills: Stills) -> None:
    _SHOWN.clear()
    long(stills, 13, Listening())
    every = [seed for shown in _SHOWN for seed in shown.seeds]
    assert len(set(every)) == 9


def test_a_video_does_not_depend_on_its_batch(stills: Stills) -> None:
    together = long(stills, 13)
    for i, own in enumerate(seeds(3)):
        alone = sample_segments(Jitter(), stills.subset([i]), [own], 13, T)
        assert np.array_equal(alone[0], together[i])


def test_progress_is_told_by_segment(stills: Stills) -> None:
    done: list[int] = []
    sample_segments(Jitter(), stills, seeds(3), 13, T, done.append)
    assert done == [0, 1, 2]


def test_lengths_out_of_reach_are_refused() -> None:
    refuse_length(Oracle(), T, T)
    refuse_length(Jitter(), 1, 1)
    with pytest.raises(BenchError, match=r"--frames 6: 'oracle' .* asks the simulator"):
        refuse_length(Oracle(), T + 1, T)
    with pytest.raises(BenchError, match=r"one frame \(clip.frames = 1\)"):
        refuse_length(Jitter(), 2, 1)
