"""C3D: MMAction2's own at full width, narrower by the same code, and it sees motion."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from classifiers.c3d import C3D, bench_classifiers, flat_size
from plugins import compat
from plugins.clips import MemoryClips
from plugins.errors import DataError
from plugins.run import Run

Make = Callable[..., MemoryClips]


def accuracy(classifier: C3D, clips: MemoryClips) -> float:
    guesses = classifier.predict(clips).argmax(dim=1)
    return float((guesses == torch.tensor(clips.labels)).float().mean())


def test_hook() -> None:
    assert bench_classifiers() == [C3D]
    assert (C3D().width, C3D().frames) == (64, 16)


@pytest.mark.parametrize("norm", [None, {"type": "BN3d"}])
def test_full_width_is_mmactions_own(norm: dict[str, str] | None) -> None:
    import classifiers.sized_c3d  # noqa: F401 - registers the backbone

    models = compat.mmaction_registry()
    size = flat_size(64, (3, 16, 32, 32))
    own = models.build({"type": "SizedC3D", "width": 64, "out_dim": size, "norm_cfg": norm})
    theirs = models.build({"type": "C3D", "out_dim": size, "norm_cfg": norm})
    theirs.load_state_dict(own.state_dict())
    clips = torch.randn(2, 3, 16, 32, 32)
    with torch.no_grad():
        assert torch.equal(own.eval()(clips), theirs.eval()(clips))


@pytest.mark.parametrize(
    ("size", "flat"), [(112, 8192), (64, 4608), (32, 2048), (48, 2048), (16, 512)]
)
def test_flat_size_follows_the_input(size: int, flat: int) -> None:
    assert flat_size(64, (3, 16, size, size)) == flat
    model = C3D(width=2)._build({"classes": ["a", "b"], "shape": [1, 16, size, size]}).eval()
    with torch.no_grad():
        assert model.backbone(torch.randn(1, 3, 16, size, size)).shape == (1, 128)


def test_oblong_and_long_clips() -> None:
    assert flat_size(8, (3, 32, 64, 96)) == 8 * 8 * 2 * 3 * 4
    model = C3D(width=2, frames=32)._build({"classes": ["a", "b"], "shape": [1, 32, 64, 96]})
    assert model.backbone(torch.randn(2, 3, 32, 64, 96)).shape == (2, 128)


def test_too_small_clips_are_refused() -> None:
    with pytest.raises(DataError, match="at least 16 frames and 16 x 16 pixels, not 16 and 8 x 64"):
        flat_size(64, (3, 16, 8, 64))


def test_initial_weights_are_drawn_as_mmaction_draws_them() -> None:
    model = C3D(width=16)._build({"classes": ["a", "b"], "shape": [1, 16, 64, 64]})
    assert float(model.backbone.fc6.weight.detach().std()) == pytest.approx(0.005, rel=0.05)
    fan_out = 32 * 27
    assert float(model.backbone.conv2a.conv.weight.detach().std()) == pytest.approx(
        (2 / fan_out) ** 0.5, rel=0.05
    )


def test_narrow_one_learns_a_motion(tmp_path: Path, drifting: Make) -> None:
    classifier = C3D(width=8, steps=24, flip=0)
    classifier.fit(drifting(32, seed=1), Run(tmp_path, seed=0))
    assert accuracy(classifier, drifting(32, seed=2)) > 0.95


@pytest.mark.slow
def test_wider_one_learns_a_motion(tmp_path: Path, drifting: Make) -> None:
    classifier = C3D(width=16, steps=60, flip=0)
    classifier.fit(drifting(64, seed=1), Run(tmp_path, seed=0))
    assert accuracy(classifier, drifting(64, seed=2)) > 0.95
