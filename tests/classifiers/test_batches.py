"""Training batches: which frames, which clips, and where these start, from (seed, step) alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from classifiers.batches import Batches, frame_indices, pools
from classifiers.tsm import TSM
from plugins.clips import ClipSet, MemoryClips
from plugins.errors import Cancelled
from plugins.order import Order
from plugins.run import Run
from plugins.seeds import derive


class Long(ClipSet):
    """Clips of 4 frames from videos of 10; the grey value of a frame is its number."""

    draws = True

    def __init__(self, labels: Sequence[int]) -> None:
        self.labels, self.classes, self.shape = labels, ("a", "b"), (1, 4, 32, 32)
        self.ids = self.groups = [str(i) for i in range(len(labels))]

    def __getitem__(self, index: int) -> torch.Tensor:
        return self._from(3)

    def draw(self, index: int, seed: int) -> torch.Tensor:
        return self._from(seed % 7)

    def _from(self, start: int) -> torch.Tensor:
        frames = torch.arange(start, start + 4).float() / 255
        return frames.view(1, 4, 1, 1).expand(1, 4, 32, 32).clone()


def batches(clips: ClipSet, seed: int = 5) -> Batches:
    order = Order(pools(clips.labels, balanced=False), 4, seed)
    return Batches(clips, [0, 1, 2, 3], order, seed)


def test_frames_are_the_middles_of_equal_segments() -> None:
    assert frame_indices(16, 8) == [1, 3, 5, 7, 9, 11, 13, 15]
    assert frame_indices(16, 16) == list(range(16))
    assert frame_indices(3, 6) == [0, 0, 1, 1, 2, 2]


def test_balanced_pools_are_the_classes() -> None:
    assert pools([1, 0, 1, 1], balanced=False) == [[0, 1, 2, 3]]
    assert pools([1, 0, 1, 1], balanced=True) == [[1], [0, 2, 3]]


def test_batch_follows_from_seed_and_step(drifting: Callable[..., MemoryClips]) -> None:
    clips = drifting(6, seed=0, size=32)

    def batches(seed: int) -> Batches:
        order = Order(pools(clips.labels, False), 4, seed)
        return Batches(clips, [0, 8], order, seed)

    one, same, other = batches(1)(3), batches(1)(3), batches(2)(3)
    assert one["clips"].shape == (4, 1, 2, 32, 32)
    assert torch.equal(one["clips"], same["clips"])
    assert torch.equal(one["labels"], same["labels"])
    assert torch.equal(one["draws"], same["draws"])
    assert not torch.equal(one["clips"], other["clips"])
    assert not torch.equal(one["draws"], other["draws"])


def test_clips_start_by_the_step_and_their_place_in_the_batch() -> None:
    made = batches(Long([0, 1, 0]))
    starts = [(made(step)["clips"][:, 0, 0, 0, 0] * 255).round().tolist() for step in range(40)]
    due = [[derive(5, "start", step, i) % 7 for i in range(4)] for step in range(40)]
    assert starts == due
    assert {start for batch in starts for start in batch} == set(range(7))
    assert torch.equal(batches(Long([0, 1, 0]))(17)["clips"], made(17)["clips"])
    assert not torch.equal(batches(Long([0, 1, 0]), seed=6)(17)["clips"], made(17)["clips"])


def test_clips_of_one_start_are_what_they_were(drifting: Callable[..., MemoryClips]) -> None:
    clips = drifting(5, seed=0, size=32)
    order = Order(pools(clips.labels, balanced=False), 4, 7)
    made = Batches(clips, [0, 8], order, 7)(3)
    assert torch.equal(made["clips"], clips.batch(order(3))[:, :, [0, 8]])
    generator = torch.Generator().manual_seed(derive(7, "augment", 3))
    assert torch.equal(made["draws"], torch.rand(5, 4, generator=generator))


def test_a_stopped_training_on_drawn_clips_continues_to_the_same_bytes(tmp_path: Path) -> None:
    def fit(folder: Path, *, stop: bool = False) -> bytes:
        folder.mkdir(exist_ok=True)
        classifier = TSM(depth=18, width=8, segments=4, batch_size=4, steps=4, checkpoint_every=2)
        halt = lambda: stop and any(folder.glob("checkpoints/*/*.pth"))  # noqa: E731
        classifier.fit(Long([0, 1, 0, 1]), Run(folder, seed=7, cancelled=halt))
        return (folder / "weights.safetensors").read_bytes()

    with pytest.raises(Cancelled):
        fit(tmp_path / "stopped", stop=True)
    assert fit(tmp_path / "stopped") == fit(tmp_path / "whole")
