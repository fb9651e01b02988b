"""After a run, the synthesized clips that are most like training clips stand beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from PIL import Image

from bench.cells import Features, ScoreFeatures, Surroundings
from metrics.pixels import Pixels
from plugins.errors import PluginError
from plugins.features import FeatureSet
from plugins.metric import Ingredient, Metric
from plugins.pair import Pair
from plugins.run import Run
from tests.bench.conftest import Command
from tests.bench.test_features import in_folder, part
from tests.distributions import install

PARROT = """
from typing import ClassVar
import numpy as np
import torch
from metrics.memorization import Copies
from plugins import Generator, hookimpl

class Mute(Copies):
    name: ClassVar[str] = "mute"

    def pairs(self):
        return []

class Parrot(Generator):
    name: ClassVar[str] = "parrot"

    def fit(self, clips, run):
        np.save(run.folder / "clips.npy", clips.batch(range(len(clips))).numpy())

    def load(self, run):
        self._clips = torch.from_numpy(np.load(run.folder / "clips.npy"))

    def sample(self, stills, n_frames):
        given = self._clips[[seed % len(self._clips) for seed in stills.seeds], :, 1:n_frames]
        return torch.cat([stills.images[:, :, None], given], dim=2)

    _clips: torch.Tensor

@hookimpl
def bench_generators():
    return [Parrot]

@hookimpl
def bench_metrics():
    return [Mute]
"""
"""A generator that gives back a training clip after every image, and a metric without pairs."""

TILE, ROW = 96, 18 + 96 + 4


@pytest.fixture
def parrot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "site").mkdir()
    install(tmp_path / "site", "parrot", PARROT)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


def tiles(sheet: np.ndarray, row: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of one of six rows, the six frames of the synthesized clip, and of the training clip."""
    top, half = sheet.shape[0] - 4 - (6 - row) * ROW + 18, sheet.shape[1] // 2
    lefts = [12 + i * (TILE + 4) for i in range(6)]
    cut = [[sheet[top : top + TILE, at + x : at + x + TILE] for x in lefts] for at in (0, half)]
    return cut[0], cut[1]


def results(store: Path, title: str) -> list[dict[str, Any]]:
    found = [json.loads(path.read_text()) for path in store.glob("cells/*/result.json")]
    return [result for result in found if result["title"].startswith(title)]


@pytest.mark.usefixtures("parrot")
def test_copies_are_drawn_beside_what_they_copy(bench: Command, tiny: Path, tmp_path: Path) -> None:
    chosen = ["--generators", "parrot,jitter", "--protocols", "real"]
    metrics = ["--set", 'metrics=["copies", "mute", "psnr"]']
    assert bench("run", tiny, *chosen, *metrics).code == 0
    store = tmp_path / "store"
    sheets = store / "experiments" / "tiny" / "sheets"
    drawn = {path.name for path in sheets.iterdir()}
    told = {name for name in drawn if not name.endswith(("-test-5-5-r0.png", "-images-5-5-r0.png"))}
    assert told == {"copies-parrot-5-5-r0.png", "copies-jitter-5-5-r0.png"}

    (result,) = results(store, "copies of parrot")
    pairs = [Pair.model_validate(told) for told in result["figures"]["pairs"]]
    assert result["figures"]["value"] == 100
    assert [(pair.ratio, pair.suspected) for pair in pairs] == [(0, True)] * 6
    (made,) = results(store, "copies of jitter")
    assert all(told["ratio"] > 0 for told in made["figures"]["pairs"])
    (mute,) = results(store, "mute of parrot")
    assert (mute["figures"]["value"], mute["figures"]["pairs"]) == (100, [])

    with Image.open(sheets / "copies-parrot-5-5-r0.png") as image:
        sheet = np.asarray(image)
    for row in range(6):
        copied, learned = tiles(sheet, row)
        assert np.ptp(copied[1]) > 100
        assert all(map(np.array_equal, copied[1:], learned[1:]))
        assert not np.array_equal(copied[0], learned[0])  # frame 0 is the test video's

    before = {path.name: path.read_bytes() for path in sheets.iterdir()}
    finished = {path: path.stat().st_mtime_ns for path in store.glob("cells/*/result.json")}
    assert bench("run", tiny, *chosen, *metrics).code == 0
    assert {path.name: path.read_bytes() for path in sheets.iterdir()} == before
    again = {path: path.stat().st_mtime_ns for path in store.glob("cells/*/result.json")}
    assert again == finished


class Told(Metric):
    """Tells whatever pairs it is given."""

    name: ClassVar[str] = "told"
    title: ClassVar[str] = "Told"
    direction: ClassVar = "lower"
    reads: ClassVar[tuple[Ingredient, ...]] = ("generated_features", "training_features")

    id: str = "a"
    sample: int = 0
    training: str = "t"
    clip: int = 0

    def reset(self) -> None: ...

    def update(self, **sets: FeatureSet) -> None: ...

    def compute(self) -> float:
        return 1.0

    def pairs(self) -> list[Pair]:
        pair = Pair(
            id=self.id,
            sample=self.sample,
            training=self.training,
            clip=self.clip,
            ratio=0.5,
            unseen=1,
        )
        return [pair] * 20


def scored(folder: Path, metric: Metric, ingredients: tuple[Ingredient, ...]) -> dict[str, Any]:
    """The figures of a metric of one clip of each of six videos, whatever they stand for."""
    cell = Features("x", Pixels(), None, part())
    if not (folder / "f").exists():
        cell.compute(in_folder(folder / "f"))
    given = Surroundings(Run(folder), lambda _: folder / "f", folder / "cache")
    return ScoreFeatures("x", metric, tuple((i, cell) for i in ingredients)).compute(given)


def test_pairs_of_clips_that_were_not_given_are_refused(tmp_path: Path) -> None:
    first, last = part().ids[0], part().ids[-1]
    both = Told.reads
    right = {"id": first, "sample": 0, "training": last}
    figures = scored(tmp_path, Told(**right), both)
    assert len(figures["pairs"]) == 8
    assert figures["pairs"][0] == {**right, "clip": 0, "ratio": 0.5, "unseen": 1.0}
    for wrong in ({"id": "b"}, {"sample": 1}, {"training": "u"}, {"clip": 1}):
        with pytest.raises(PluginError, match="metric 'told': pairs\\(\\) tells of"):
            scored(tmp_path, Told(**{**right, **wrong}), both)
    for one in both:
        with pytest.raises(PluginError, match="no rows of its generated_features"):
            scored(tmp_path, Told(**right), (one,))


def test_a_metric_without_pairs_keeps_none(tmp_path: Path) -> None:
    class Silent(Told):
        name: ClassVar[str] = "silent"

        def pairs(self) -> list[Pair]:
            return Metric.pairs(self)

    figures = scored(tmp_path, Silent(), Told.reads)
    assert figures["pairs"] == []
