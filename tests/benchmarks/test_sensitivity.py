"""The benchmark of what distances see: its disturbances, its halves, and a tiny run."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from bench.cells.part import Part
from bench.data import ClipSettings
from bench.data.phantom.dataset import Phantom
from bench.store import Store
from classifiers.c3d import C3D
from plugins.errors import BenchError, DataError
from tests.bench.conftest import TINY

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "sensitivity.py"
PARTS = ("curves", "disturbances", "reel", "rulers", "sensitivity_figure", "trained_classifier")
NAMES = ("blur", "noise", "frame shuffle", "freeze", "faster", "slower", "shift", "flip")
EVERY = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def parts() -> Iterator[SimpleNamespace]:
    """The script's parts, imported as the script does it: from its own folder."""
    patch, before = pytest.MonkeyPatch(), set(sys.modules)
    patch.syspath_prepend(SCRIPT.parent)
    import curves
    import disturbances
    import reel
    import rulers
    import sensitivity_figure
    import trained_classifier

    modules: dict[str, ModuleType] = {
        "curves": curves,
        "disturbances": disturbances,
        "reel": reel,
        "rulers": rulers,
        "figure": sensitivity_figure,
        "trained": trained_classifier,
    }
    yield SimpleNamespace(**modules)
    patch.undo()
    for name in PARTS:
        if name not in before:
            sys.modules.pop(name, None)


def videos(n: int = 2) -> Part:
    clip = ClipSettings(frames=16, span=16, size=32)
    return Part.whole(Phantom(n_videos=n, size=32), "videos", ("benign", "malignant"), clip)


Reels = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def reels(parts: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Reels:
    """The reels of so many videos, from a seed; simulated once."""
    folder = tmp_path_factory.mktemp("cache")

    @cache
    def of(n: int = 2, seed: int = 0) -> list[Any]:
        clips = videos(n).clips(folder)
        return [parts.reel.reel(clips, i, folder, 3.0, seed) for i in range(n)]

    return of


def named(parts: SimpleNamespace, name: str):
    return next(d for d in parts.disturbances.DISTURBANCES if d.name == name)


@EVERY
def test_the_first_level_leaves_a_clip_as_it_is_and_every_other_keeps_shape_and_range(
    parts: SimpleNamespace, reels: Reels, name: str
) -> None:
    disturbance = named(parts, name)
    for reel in reels():
        first, *others = (disturbance.made(reel, level) for level in disturbance.levels)
        assert torch.equal(first, reel.clip)
        for made in others:
            assert made.shape == reel.clip.shape
            assert made.dtype == torch.float32
            assert 0 <= float(made.min()) <= float(made.max()) <= 1
        assert not torch.equal(others[-1], reel.clip)


@EVERY
def test_the_same_seed_disturbs_alike_and_a_clip_does_not_hang_on_the_others(
    parts: SimpleNamespace, reels: Reels, name: str
) -> None:
    disturbance = named(parts, name)
    level = disturbance.levels[2]
    alone, among = reels(n=1)[0], reels(n=2)[0]
    assert torch.equal(disturbance.made(alone, level), disturbance.made(among, level))


@pytest.mark.parametrize("name", ["noise", "frame shuffle", "freeze"])
def test_another_seed_disturbs_otherwise(parts: SimpleNamespace, reels: Reels, name: str) -> None:
    disturbance = named(parts, name)
    level = disturbance.levels[2]
    one, other = (reels(seed=seed)[0] for seed in (0, 1))
    assert not torch.equal(disturbance.made(one, level), disturbance.made(other, level))


@pytest.mark.parametrize("name", ["frame shuffle", "freeze", "faster", "slower"])
def test_what_disturbs_time_leaves_frame_0(parts: SimpleNamespace, reels: Reels, name: str) -> None:
    reel = reels()[0]
    disturbance = named(parts, name)
    for level in disturbance.levels:
        assert torch.equal(disturbance.made(reel, level)[:, 0], reel.clip[:, 0])


def counted(reels: Reels):
    """A reel whose frame t is t / 255 everywhere."""
    reel = reels()[0]
    clip = (torch.arange(16) / 255)[None, :, None, None].expand(1, 16, 32, 32)
    return replace(reel, clip=clip)


def order(clip: torch.Tensor) -> list[int]:
    return [round(float(255 * frame)) for frame in clip[0, :, 0, 0]]


@pytest.mark.parametrize(("share", "moved"), [(0.25, 4), (0.5, 8), (1.0, 15)])
def test_a_shuffle_moves_its_share_and_loses_no_frame(
    parts: SimpleNamespace, reels: Reels, share: float, moved: int
) -> None:
    found = order(parts.disturbances.shuffled(counted(reels), share))
    assert sorted(found) == list(range(16))
    assert sum(t != frame for t, frame in enumerate(found)) == moved


@pytest.mark.parametrize(("share", "held"), [(0.25, 4), (0.5, 8), (1.0, 15)])
def test_a_freeze_holds_its_share_and_never_goes_back(
    parts: SimpleNamespace, reels: Reels, share: float, held: int
) -> None:
    found = order(parts.disturbances.frozen(counted(reels), share))
    assert sorted(found) == found
    assert len(set(found)) == 16 - held
    assert all(frame <= t for t, frame in enumerate(found))


def test_noise_has_the_deviation_that_it_names(parts: SimpleNamespace, reels: Reels) -> None:
    grey = replace(reels()[0], clip=torch.full((1, 16, 32, 32), 0.5))
    noise = 255 * (parts.disturbances.noisy(grey, 8.0) - 0.5)
    assert float(noise.std()) == pytest.approx(8.0, rel=0.03)
    assert float(noise.mean()) == pytest.approx(0.0, abs=0.3)


def test_a_blurred_point_is_as_wide_as_the_deviation_says(
    parts: SimpleNamespace, reels: Reels
) -> None:
    point = torch.zeros(1, 16, 32, 32)
    point[..., 16, 16] = 1
    made = parts.disturbances.blurred(replace(reels()[0], clip=point), 2.0)
    weights = made[0, 3].sum(0).double()
    apart = torch.arange(32) - 16
    assert float(weights.sum()) == pytest.approx(1, abs=1e-4)
    assert float((weights * apart**2).sum()) ** 0.5 == pytest.approx(2.0, rel=0.01)


def test_the_phantom_is_simulated_on_and_whole_speeds_take_its_own_frames(reels: Reels) -> None:
    reel = reels()[0]
    record = Phantom(n_videos=1, size=32, n_frames=46).videos()[0]
    longer = torch.from_numpy(record.frames().transpose(3, 0, 1, 2).copy()).float() / 255
    assert reel.last(3.0) == 45 < len(reel.video)
    for speed in (1, 2, 3):
        assert torch.equal(reel.at_speed(speed), longer[:, ::speed][:, :16])
    halfway = (longer[:, 0] + longer[:, 1]) / 2
    assert torch.allclose(reel.at_speed(0.5)[:, 1], halfway, atol=1e-6)
    assert torch.equal(reel.at_speed(0.5)[:, ::2], longer[:, :8])


def test_a_video_that_ends_is_played_backwards(parts: SimpleNamespace, reels: Reels) -> None:
    places = parts.reel.folded(np.array([0.0, 2.0, 4.0, 4.5, 6.0, 8.0, 10.0]), 5)
    assert places.tolist() == [0, 2, 4, 3.5, 2, 0, 2]
    assert parts.reel.folded(np.array([0, 3]), 1).tolist() == [0, 0]
    ends = replace(reels()[0], video=reels()[0].video[:16])
    made = ends.at_speed(2.0)
    assert torch.equal(made[:, 8], ends.clip[:, 14])  # 16 of 0 to 15 is 14 again


def test_halves_share_no_clip_are_equal_and_are_drawn_from_the_seed(
    parts: SimpleNamespace,
) -> None:
    drawn = parts.curves.halves(9, 5, seed=0)
    for a, b in drawn:
        assert len(a) == len(b) == 4
        assert len({*a, *b}) == 8
        assert {*a, *b} < set(range(9))
    again, other = (parts.curves.halves(9, 5, seed=seed) for seed in (0, 1))
    assert all((a == c).all() for (a, _), (c, _) in zip(drawn, again, strict=True))
    assert any((a != c).any() for (a, _), (c, _) in zip(drawn, other, strict=True))


def test_too_few_patients_are_said(parts: SimpleNamespace) -> None:
    with pytest.raises(DataError, match=r"5 patients.*at least 3"):
        parts.curves.halves(5, 5, seed=0)


def test_the_kernel_distance_of_clean_halves_is_0_in_the_mean(parts: SimpleNamespace) -> None:
    """Each pair of clips is as often within a half as across."""
    features = np.random.default_rng(0).gamma(2.0, size=(8, 5))
    ruler = next(r for r in parts.rulers.RULERS if r.name == "kvd:self")
    every = [(list(a), sorted(set(range(8)) - set(a))) for a in itertools.combinations(range(8), 4)]
    values = [ruler.between(features[a], features[b]).value for a, b in every]
    assert np.std(values) > 1
    assert np.mean(values) == pytest.approx(0, abs=1e-9)


def test_curves_are_told_in_deviations_of_the_clean_halves(parts: SimpleNamespace) -> None:
    values = np.array([[1.0, 2.0, 3.0], [5.0, 1.0, 6.0]])
    curve = parts.curves.Curve(values, None)
    assert curve.above == 2
    assert curve.in_deviations().tolist() == [[-1, 0, 1], [3, -1, 4]]
    flat = parts.curves.Curve(np.zeros((2, 3)), None)
    assert np.isnan(flat.in_deviations()).all()


def test_a_figure_says_where_clean_halves_do_not_differ(
    parts: SimpleNamespace, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    measured = []
    for disturbance in parts.disturbances.DISTURBANCES:
        shape = (len(disturbance.levels), 4)
        found = {
            r.name: parts.curves.Curve(random.random(shape) * (r.name != "flow-direction"), None)
            for r in parts.rulers.RULERS
        }
        measured.append((disturbance, found))
    parts.figure.draw(measured, 4, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(DataError, match="cannot be written"):
        parts.figure.draw(measured, 4, tmp_path / "none" / "a.png")


def test_a_classifier_that_was_not_trained_is_said(parts: SimpleNamespace, tmp_path: Path) -> None:
    plan = {"cells": [], "experiment": {"name": "mine"}}
    with pytest.raises(BenchError, match=r"no finished training of 'c3d'.*bench run mine"):
        parts.trained.trained_on_real(C3D(), "c3d", videos(), plan, Store(tmp_path), "cpu")


@pytest.mark.slow
def test_a_run_prints_a_table_per_disturbance_and_draws(tmp_path: Path) -> None:
    text = TINY.replace("n_videos = 12", "n_videos = 24").replace(
        '["still", "jitter"]', '["still"]'
    )
    text = f"replicates = [0, 1]\n{text}"
    (tmp_path / "tiny.toml").write_text(text)
    command = [sys.executable, "-m", "bench", "run", "tiny.toml", "--store", "store"]
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    first, again = (run(tmp_path, "tiny", "--plot", "a.png", "--halvings", "3") for _ in range(2))
    assert first.returncode == 0, first.stderr
    for name in NAMES:
        assert f"| {name}, " in first.stdout
    assert first.stdout == again.stdout
    assert (tmp_path / "a.png").stat().st_size > 10_000
    other = run(tmp_path, "tiny", "--replicate", "1", "--halvings", "3")
    assert "tiny 5:5 r0:" in first.stdout
    assert "tiny 5:5 r1:" in other.stdout
    assert other.stdout.split("r1:")[1] != first.stdout.split("r0:")[1]
    for arguments, said in (
        (("tniy",), "did you mean 'tiny'"),
        (("tiny", "--replicate", "2"), "there is: 0, 1"),
        (("tiny", "--classifier", "tsm"), "there is: c3d"),
        (("tiny", "--root", "/data"), "reads no folder"),
        (("tiny", "--plot", "none/a.png"), "--plot none/a.png"),
    ):
        answer = run(tmp_path, *arguments)
        assert answer.returncode == 1
        assert said in answer.stderr
        assert "Traceback" not in answer.stderr


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments, "--store", "store"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
