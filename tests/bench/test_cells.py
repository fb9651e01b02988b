"""Cells give a plugin what it declared, take from it what is due, and keep splits apart."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from pydantic import PrivateAttr

from bench.cells import Cell, Fit, ScoreVideos, Surroundings, Synthesize
from bench.cells.part import Part
from bench.cells.sampling import sample
from bench.cells.synthesize import read_synthesis
from bench.cells.synthetic import thin_to_prior
from bench.computing import compute_cell
from bench.data import ClipSettings
from bench.data.phantom.dataset import Phantom
from bench.store import Store
from generators.controls.jitter import Jitter
from metrics.image import PSNR
from plugins.errors import BenchError, DataError, PluginError
from plugins.generator import Generator, StillId, Stills
from plugins.run import Run

CLASSES = ("benign", "malignant")
CLIP = ClipSettings(frames=16, span=16, size=32)


def part() -> Part:
    return Part.whole(Phantom(n_videos=6, size=32), "videos", CLASSES, CLIP)


def given(folder: Path, finished: Path | None = None) -> Surroundings:
    folder.mkdir(exist_ok=True)
    return Surroundings(Run(folder), lambda _: finished or folder, folder.parent / "cache")


class Where(PSNR):
    """Tells where the clips are that it is given."""

    on_device: ClassVar[bool] = True
    _seen: set[str] = PrivateAttr(default_factory=set)

    def update(self, real: Any, generated: Any) -> None:
        self._seen |= {real.device.type, generated.device.type}

    def compute(self) -> float:
        return 1.0


@pytest.mark.parametrize("wanted", [True, False])
def test_clips_are_on_the_device_where_a_metric_wants_them_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    monkeypatch.setattr(Where, "on_device", wanted)
    made = Synthesize("x", Jitter(), None, part(), 1, 4, seed=1)
    made.compute(given(tmp_path / "made"))
    there, metric = given(tmp_path / "score", tmp_path / "made"), Where()
    there = replace(there, run=replace(there.run, device="meta"))
    assert ScoreVideos("x", metric, made, part()).compute(there)["value"] == 1
    assert metric._seen == {"meta" if wanted else "cpu"}


class Remembers(Generator):
    """Counts its fits in itself, as a plugin should not."""

    name: ClassVar[str] = "remembers"
    _fits: int = PrivateAttr(0)

    def fit(self, clips: Any, run: Run) -> None:
        self._fits += 1
        (run.folder / "fits").write_text(str(self._fits))

    def sample(self, stills: Stills, n_frames: int) -> Any:
        raise NotImplementedError


def test_every_split_gets_a_plugin_that_knows_nothing_of_the_others(tmp_path: Path) -> None:
    generator = Remembers()
    for name in ("one", "two"):
        Fit("", generator, part(), seed=0).compute(given(tmp_path / name))
        assert (tmp_path / name / "fits").read_text() == "1"


class Plays(Generator):
    """Plays a file, which changes while it is played where ``edit`` says so."""

    name: ClassVar[str] = "plays"
    needs_ids: ClassVar[bool] = True
    file: str
    edit: bool

    def content(self, asked: Sequence[StillId]) -> dict[str, Any]:
        return {"file": Path(self.file).read_text()}

    def sample(self, stills: Stills, n_frames: int) -> Any:
        if self.edit:
            Path(self.file).write_text("another")
        return stills.images[:, :, None].repeat(1, 1, n_frames, 1, 1)


@pytest.mark.parametrize("edit", [False, True])
def test_files_that_change_while_they_are_played_give_no_result(tmp_path: Path, edit: bool) -> None:
    (tmp_path / "file").write_text("one")
    generator = Plays(file=str(tmp_path / "file"), edit=edit)
    cell = Synthesize("", generator, None, part(), per_item=1, batch=4, seed=0)
    assert cell.key
    if not edit:
        assert cell.compute(given(tmp_path / "made"))["n_videos"] == 6
        return
    with pytest.raises(DataError, match="were changed during the run: run again"):
        cell.compute(given(tmp_path / "made"))


def test_a_score_is_the_mean_over_all_samples(tmp_path: Path) -> None:
    """Against PSNR's formula, over frames 1 and on, and over three samples a video."""
    made = Synthesize("", Jitter(), None, part(), per_item=3, batch=5, seed=1)
    made.compute(given(tmp_path / "videos"))
    score = ScoreVideos("", PSNR(), made, part())
    figures = score.compute(given(tmp_path / "score", tmp_path / "videos"))
    videos, _ = read_synthesis(tmp_path / "videos")
    clips = part().clips(tmp_path / "cache")
    expected = []
    for i in range(6):
        for s in range(3):
            difference = videos[i, s, :, 1:].astype(float) / 255 - clips[i].numpy()[:, 1:]
            expected.append(-10 * np.log10(np.mean(difference**2, axis=(0, 2, 3))).mean())
    assert len({round(e, 6) for e in expected}) == 18
    assert figures["value"] == pytest.approx(np.mean(expected), abs=1e-4)
    assert figures["low"] < figures["value"] < figures["high"]
    assert figures["n"] == 6


class Wrong(Generator):
    """Returns whatever the test put in."""

    name: ClassVar[str] = "wrong"
    _make: list[Callable[[torch.Tensor], torch.Tensor]] = PrivateAttr(default_factory=list)

    def sample(self, stills: Stills, n_frames: int) -> Any:
        return self._make[0](stills.images[:, :, None].repeat(1, 1, n_frames, 1, 1))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda v: v * 2 - 1, r"pixels from -1 to 1 where \[0, 1\] is due"),
        (lambda v: v.flip(-1), "another frame 0 than the image"),
        (lambda v: v[:, :, 1:], r"shape \(2, 1, 15, 8, 8\)"),
        (lambda v: v / 0 * 0, "NaN or infinite"),
        (lambda v: v.double(), "torch.float64 on cpu where float32 on the CPU is due"),
    ],
    ids=["range", "frame 0", "shape", "nan", "type"],
)
def test_what_a_generator_returns_is_checked(make, said: str) -> None:
    generator = Wrong()
    generator._make.append(make)
    images = torch.linspace(0, 1, 2 * 64).view(2, 1, 8, 8)
    stills = Stills(images, seeds=[1, 2], labels=[0, 1], classes=CLASSES, records=[None, None])
    with pytest.raises(PluginError, match=f"generator 'wrong' returned {said}"):
        sample(generator, stills, 16)


def test_no_prior_is_met_without_a_class() -> None:
    with pytest.raises(DataError, match="none can be chosen"):
        thin_to_prior([0, 0, 0], (0.5, 0.5), seed=0)
    assert thin_to_prior([0, 0, 0], (1.0, 0.0), seed=0) == [0, 1, 2]


@dataclass(frozen=True)
class Leaves(Cell):
    """Ends as the test says."""

    kind: ClassVar[str] = "leaves"
    how: Callable[[], None]
    reads = ()
    plugin_name = "test"

    def identity(self) -> dict[str, Any]:
        return {}

    def compute(self, given: Surroundings) -> dict[str, Any]:
        self.how()
        return {}


def test_a_plugins_exit_ends_its_cell_only(tmp_path: Path) -> None:
    store = Store(tmp_path)
    cell = Leaves("leaves", lambda: sys.exit(3))
    outcome = compute_cell(cell, store, "cpu", lambda _: None, lambda: False)
    assert outcome.error == "SystemExit: 3"
    assert store.result(cell.key) is None
    assert store.failure(cell.key)["title"] == "leaves"


def test_a_full_disk_is_said_and_not_a_traceback(tmp_path: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store = Store(tmp_path)
    monkeypatch.setattr(Store, "finish", full)
    cell = Leaves("leaves", lambda: None)
    outcome = compute_cell(cell, store, "cpu", lambda _: None, lambda: False)
    assert "No space left" in outcome.error
    monkeypatch.setattr(Store, "fail", full)
    with pytest.raises(BenchError, match=r"cannot be written .No space left.*leaves"):
        compute_cell(replace(cell), store, "cpu", lambda _: None, lambda: False)
