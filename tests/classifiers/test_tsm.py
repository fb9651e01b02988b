"""TSM: MMAction2's own at full width, and it sees motion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from classifiers.tsm import TSM, bench_classifiers
from plugins import compat
from plugins.clips import MemoryClips
from plugins.run import Run

Make = Callable[..., MemoryClips]


def accuracy(classifier: TSM, clips: MemoryClips) -> float:
    guesses = classifier.predict(clips).argmax(dim=1)
    return float((guesses == torch.tensor(clips.labels)).float().mean())


def test_hook() -> None:
    assert bench_classifiers() == [TSM]
    assert (TSM().depth, TSM().width, TSM().segments) == (50, 64, 8)


@pytest.mark.parametrize("depth", [18, 50])
def test_full_width_is_mmactions_own(depth: int) -> None:
    import classifiers.sized_tsm  # noqa: F401 - registers the backbone

    models = compat.mmaction_registry()
    own = models.build({"type": "SizedResNetTSM", "depth": depth, "width": 64})
    theirs = models.build(
        {"type": "ResNetTSM", "depth": depth, "pretrained": None, "pretrained2d": False}
    )
    theirs.load_state_dict(own.state_dict())
    frames = torch.randn(16, 3, 32, 32)
    with torch.no_grad():
        for training in (True, False):
            own.train(training), theirs.train(training)
            assert torch.equal(own(frames), theirs(frames))


@pytest.mark.parametrize(("depth", "channels"), [(18, 8 * 16), (34, 8 * 16), (50, 32 * 16)])
def test_widths_scale(depth: int, channels: int) -> None:
    model = TSM(depth=depth, width=16)._build({"classes": ["a", "b"], "shape": [1, 16, 32, 32]})
    assert model.backbone(torch.randn(8, 3, 32, 32)).shape[:2] == (8, channels)
    assert model.cls_head.fc_cls.weight.shape == (2, channels)
    assert (
        float(model.backbone.conv1.conv.weight.detach().std()) > 0.01
    )  # drawn, not left at its default


def test_shift_moves_one_channel_in_shift_div_each_way() -> None:
    model = TSM(depth=18, width=16, shift_div=4)._build(
        {"classes": ["a", "b"], "shape": [1, 16, 32, 32]}
    )
    shifted = model.backbone.layer1[0].conv1.conv
    assert (shifted.num_segments, shifted.shift_div) == (8, 4)
    x = torch.randn(8, 16, 2, 2)
    out = shifted.shift(x, 8, shift_div=4)
    assert torch.equal(out[:-1, :4], x[1:, :4])
    assert torch.equal(out[1:, 4:8], x[:-1, 4:8])
    assert torch.equal(out[:, 8:], x[:, 8:])
    assert out[-1, :4].abs().sum() == out[0, 4:8].abs().sum() == 0


def test_narrow_one_learns_a_motion(tmp_path: Path, drifting: Make) -> None:
    classifier = TSM(depth=18, width=16, steps=50, lr=3e-3, flip=0)
    classifier.fit(drifting(32, seed=1), Run(tmp_path, seed=0))
    assert accuracy(classifier, drifting(48, seed=2)) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_full_width_learns_a_motion(tmp_path: Path, drifting: Make, seed: int) -> None:
    classifier = TSM(depth=18, steps=60, flip=0)
    classifier.fit(drifting(64, seed=1), Run(tmp_path, seed=seed))
    assert accuracy(classifier, drifting(64, seed=2)) > 0.95


@pytest.mark.slow
def test_without_order_of_frames_there_is_nothing_to_learn(tmp_path: Path, drifting: Make) -> None:
    train, test = drifting(32, seed=1), drifting(64, seed=2)
    for clips in (train, test):
        for i in range(len(clips)):
            order = torch.randperm(16, generator=torch.Generator().manual_seed(i))
            clips.videos[i] = clips.videos[i][:, order]
    classifier = TSM(depth=18, width=16, steps=50, lr=3e-3, flip=0)
    classifier.fit(train, Run(tmp_path, seed=0))
    assert accuracy(classifier, test) < 0.7
