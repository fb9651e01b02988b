"""What `warp` and `bootstrap` share: measuring, starts, stopping, files, and refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench.conformance_data import simulated_clips, simulated_stills
from bench.data import Cache, ClipSettings, VideoClips
from bench.data.phantom.dataset import Phantom
from generators.controls.bootstrap import Bootstrap
from generators.controls.measured import MeasuredMotion
from generators.controls.pull_back import pull_back
from generators.controls.warp import Warp
from plugins import Cancelled, DataError, MemoryClips, PluginError, Run, Stills, TrainingError
from plugins.conformance import check_generator

SIZE = 32
BOTH = [Warp(), Bootstrap(), Bootstrap(mirror=0.5)]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def stills(cache) -> Stills:
    return simulated_stills(cache, SIZE)


@pytest.fixture(scope="module")
def drawn(cache) -> VideoClips:
    """Clips of 6 frames, which videos of 16 frames hold in 11 places."""
    videos = Phantom(n_videos=3, n_images=1, size=SIZE, seed=7).videos()
    return VideoClips(videos, Cache(cache), ClipSettings(frames=6, span=6, size=SIZE))


def fitted(generator: MeasuredMotion, clips, folder: Path) -> MeasuredMotion:
    folder.mkdir(parents=True, exist_ok=True)
    fresh = generator.fresh()
    assert isinstance(fresh, MeasuredMotion)
    fresh.fit(clips, Run(folder, seed=3))
    return fresh


@pytest.mark.parametrize("generator", BOTH, ids=repr)
def test_they_keep_the_contract(generator, cache, stills, tmp_path) -> None:
    findings = check_generator(generator, simulated_clips(cache, SIZE), stills, tmp_path)
    assert [f for f in findings if not f.passed] == []


def test_every_clip_is_measured_from_several_starts(drawn, tmp_path) -> None:
    assert drawn.draws
    fields = fitted(Bootstrap(starts=3), drawn, tmp_path)._motions.fields
    assert fields.shape == (9, 2, 5, 16, 16)
    run = Run(tmp_path, seed=3)
    second = drawn.draw(1, run.derive("start", drawn.ids[1], 0, 2))
    assert torch.equal(fields[5], pull_back(second, 16).half())
    assert len(fields.flatten(1).unique(dim=0)) > 3


def test_clips_of_one_start_are_measured_once(drawn, tmp_path) -> None:
    fixed = ClipSettings(frames=6, span=6, size=SIZE, start="fixed")
    clips = VideoClips(drawn.records, drawn._cache, fixed)
    fields = fitted(Bootstrap(), clips, tmp_path)._motions.fields
    assert torch.equal(fields, torch.stack([pull_back(clip, 16).half() for clip in clips]))


@pytest.mark.parametrize("generator", BOTH[:2], ids=repr)
def test_the_order_of_the_clips_does_not_matter(generator, drawn, tmp_path) -> None:
    turned = VideoClips(drawn.records[::-1], drawn._cache, drawn.settings)
    fitted(generator, drawn, tmp_path / "one")
    fitted(generator, turned, tmp_path / "other")
    one, other = (tmp_path / name / generator.fitted for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("generator", BOTH[:2], ids=repr)
def test_a_stopped_fit_goes_on_where_it_was(generator, drawn, tmp_path, monkeypatch) -> None:
    fitted(generator, drawn, tmp_path / "whole")
    monkeypatch.setattr("generators.controls.fields.PART", 4)
    folder = tmp_path / "stopped"
    folder.mkdir()
    steps: list[int] = []
    stopping = Run(
        folder,
        seed=3,
        report=lambda progress: steps.append(progress.step),
        cancelled=lambda: 6 in steps,
    )
    with pytest.raises(Cancelled):
        generator.fresh().fit(drawn, stopping)
    assert [path.name for path in sorted((folder / "parts").iterdir())] == ["000000.safetensors"]
    measured: list[int] = []

    def counting(clip, grid):
        measured.append(1)
        return pull_back(clip, grid)

    monkeypatch.setattr("generators.controls.fields.pull_back", counting)
    fitted(generator, drawn, folder)
    assert len(measured) == 4 * len(drawn) - 4  # the first file's are not measured again
    weights = (tmp_path / "whole" / generator.fitted).read_bytes()
    assert (folder / generator.fitted).read_bytes() == weights
    assert [path.name for path in folder.iterdir()] == [generator.fitted]
    fitted(generator, drawn, folder)
    assert len(measured) == 4 * len(drawn) - 4  # nothing is left to do


@pytest.mark.parametrize("generator", BOTH[:2], ids=repr)
def test_fewer_frames_are_the_first_and_more_are_refused(
    generator, drawn, stills, tmp_path
) -> None:
    ready = fitted(generator, drawn, tmp_path)
    whole = ready.sample(stills, 6)
    for n in (1, 4):
        assert torch.equal(ready.sample(stills, n), whole[:, :, :n])
    with pytest.raises(DataError, match=r"clips of 6 frames and makes 1 to 6, not 7.*clip\.frames"):
        ready.sample(stills, 7)
    with pytest.raises(DataError, match=r"32 x 32 pixels.* 16 x 16: set clip\.size"):
        ready.sample(Stills(torch.zeros(1, 1, 16, 16), seeds=[1]), 6)


def test_what_it_refuses(drawn, stills, tmp_path) -> None:
    with pytest.raises(PluginError, match="'warp': call fit or load before sample"):
        Warp().sample(stills, 4)
    with pytest.raises(TrainingError, match="no such weight file"):
        Warp().load(Run(tmp_path))
    one_frame = MemoryClips(torch.zeros(2, 1, 1, 8, 8, dtype=torch.uint8), [0, 1], ("a", "b"))
    with pytest.raises(DataError, match=r"one frame have no motion.* clip\.frames"):
        fitted(Warp(), one_frame, tmp_path / "still")
    fitted(Warp(), drawn, tmp_path)
    for again in (Warp(grid=8).load, lambda run: Warp(grid=8).fit(drawn, run)):
        with pytest.raises(TrainingError, match="learned with grid = 16, this generator has 8"):
            again(Run(tmp_path))
    with pytest.raises(TrainingError, match=r"learned from clips of shape \[1, 6, 32, 32\]"):
        Warp().fit(simulated_clips(tmp_path / "cache", SIZE), Run(tmp_path))
    path = tmp_path / Warp.fitted
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(TrainingError, match="not a sound weight file"):
        Warp().load(Run(tmp_path))


def test_frames_that_are_not_square(tmp_path) -> None:
    generator = torch.Generator().manual_seed(0)
    videos = torch.randint(0, 256, (2, 3, 4, 24, 40), generator=generator, dtype=torch.uint8)
    clips = MemoryClips(videos, [0, 1], ("a", "b"))
    for number, ready in enumerate(BOTH):
        made = fitted(ready, clips, tmp_path / str(number)).sample(
            Stills(clips.batch([0, 1])[:, :, 0].contiguous(), seeds=[1, 2]), 4
        )
        assert made.shape == (2, 3, 4, 24, 40)
