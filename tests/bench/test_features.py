"""What networks see in videos: computed once, for whatever metrics ask, and told in Table 1."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.cells import Features, ScoreFeatures, Surroundings, Synthesize, Train
from bench.cells.features import read_features
from bench.cells.part import Part
from bench.cells.synthesize import read_synthesis
from bench.data import ClipSettings
from bench.data.phantom.dataset import Phantom
from bench.experiment import load_experiment
from bench.materials import gather
from bench.matrix import Matrix, expand
from bench.prepare import prepare
from bench.store import Store
from classifiers.c3d import C3D
from generators.controls.jitter import Jitter
from metrics.fvd import FVD
from metrics.pixels import Pixels
from plugins.discovery import discover
from plugins.errors import BenchError, PluginError
from plugins.features import FeatureNetwork
from plugins.run import Run
from tests.bench.conftest import Command

CLASSES = ("benign", "malignant")
CLIP = ClipSettings(frames=16, span=16, size=32, per_video=2)
METRICS = '["fvd:self", "kvd:self", "copies", "psnr", "accuracy"]'


def part(n: int = 6) -> Part:
    return Part.whole(Phantom(n_videos=n, size=32, n_frames=24), "videos", CLASSES, CLIP)


def in_folder(folder: Path, finished: dict[Any, Path] | None = None) -> Surroundings:
    folder.mkdir(exist_ok=True)
    return Surroundings(Run(folder), lambda cell: (finished or {})[cell], folder.parent / "cache")


def expanded(tiny: Path, tmp_path: Path, **overrides: Any) -> Matrix:
    experiment = load_experiment(tiny, overrides)
    return expand(prepare(gather(experiment, discover()), Store(tmp_path / "store")))


def test_real_features_are_those_of_each_videos_first_clip(tmp_path: Path) -> None:
    cell = Features("x", Pixels(), None, part())
    assert cell.compute(in_folder(tmp_path / "f")) == {"n": 6, "samples": 1, "dim": 15 * 32 * 32}
    found = read_features(tmp_path / "f")
    clips = part().clips(tmp_path / "cache")
    assert len(clips) == 12
    torch.testing.assert_close(
        found.features[:, 0], Pixels().features(clips.batch(range(0, 12, 2)), "cpu")
    )
    assert list(found.ids) == list(part().ids)
    assert list(found.groups) == list(part().groups)


def test_synthesized_features_stand_row_by_row_and_sample_by_sample(tmp_path: Path) -> None:
    made = Synthesize("x", Jitter(), None, part(), 3, 4, seed=1)
    made.compute(in_folder(tmp_path / "made"))
    cell = Features("x", Pixels(), None, made)
    cell.compute(in_folder(tmp_path / "f", {made: tmp_path / "made"}))
    found = read_features(tmp_path / "f")
    clips, _ = read_synthesis(tmp_path / "made")
    assert found.features.shape[:2] == (6, 3)
    for i, s in ((0, 0), (4, 2)):
        clip = torch.from_numpy(clips[i, s].copy()).float()[None] / 255
        torch.testing.assert_close(found.features[i, s], Pixels().features(clip, "cpu")[0])
    assert list(found.ids) == list(part().ids)


def test_a_classifiers_features_are_those_of_its_trained_weights(tmp_path: Path) -> None:
    classifier = C3D(width=2, steps=2, batch_size=4)
    train = Train("x", classifier, part(), None, "source", None, seed=3)
    train.compute(in_folder(tmp_path / "trained"))
    cell = Features("x", None, train, part())
    cell.compute(in_folder(tmp_path / "f", {train: tmp_path / "trained"}))
    again = classifier.fresh()
    again.load(Run(tmp_path / "trained"))
    clips = part().clips(tmp_path / "cache")
    torch.testing.assert_close(
        read_features(tmp_path / "f").features[:, 0], again.features(clips)[::2]
    )
    other = replace(train, seed=4)
    assert Features("x", None, other, part()).key != cell.key


def test_not_a_number_is_no_feature(tmp_path: Path) -> None:
    class Broken(FeatureNetwork):
        name = "broken"

        def features(self, clips: Any, device: str) -> Any:
            return torch.full((len(clips), 2), float("nan"))

    with pytest.raises(PluginError, match="'broken' returned NaN"):
        Features("x", Broken(), None, part()).compute(in_folder(tmp_path / "f"))


def test_metrics_of_one_network_share_its_features(tiny: Path, tmp_path: Path) -> None:
    matrix = expanded(tiny, tmp_path, metrics=json.loads(METRICS))
    features = [cell for cell in matrix.cells.values() if isinstance(cell, Features)]
    # By the classifier: test videos, and two generators'; by pixels the training videos too.
    assert len([f for f in features if f.trained]) == 3
    assert len([f for f in features if f.network]) == 4
    assert len({f.trained.key for f in features if f.trained}) == 1
    scores = [cell for cell in matrix.cells.values() if isinstance(cell, ScoreFeatures)]
    assert len(scores) == 3 * 2
    (trained,) = {f.trained for f in features if f.trained}
    assert trained.key in {c.key for c in matrix.cells.values() if isinstance(c, Train)}


def test_training_clips_are_taken_from_all_over_their_videos(tiny: Path, tmp_path: Path) -> None:
    matrix = expanded(tiny, tmp_path, metrics=["copies"])
    cells = {
        name: cell
        for score in matrix.cells.values()
        if isinstance(score, ScoreFeatures)
        for name, cell in score.features
    }
    assert [cells[name].every for name in sorted(cells)] == [False, False, True]
    longer = Features("x", Pixels(), None, part().started(8), every=True)
    n = longer.compute(in_folder(tmp_path / "f"))["n"]
    found = read_features(tmp_path / "f")
    assert n == 6 * 8 == len(found.ids)
    clips = part().started(8).clips(tmp_path / "cache")
    torch.testing.assert_close(
        found.features[:, 0], Pixels().features(clips.batch(range(n)), "cpu")
    )


def test_a_networks_weights_are_part_of_the_key() -> None:
    class Other(Pixels):
        def content(self) -> str:
            return "other"

    assert (
        Features("x", Other(), None, part()).identity()["looks"]["content"]
        != Features("x", Pixels(), None, part()).identity()["looks"]["content"]
    )


def test_a_networks_name_is_part_of_the_key() -> None:
    google, gpt = (
        Features("x", FVD(backend=b).network, None, part()) for b in ("google", "videogpt")
    )
    assert google.key != gpt.key


def test_table_1_tells_what_belongs_to_a_figure_and_what_is_lacking(
    tiny: Path, tmp_path: Path, bench: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "none"))
    tiny.write_text(
        tiny.read_text().replace(
            '["psnr", "difference-mean", "accuracy", "f1"]',
            '["fvd:self", "fvd", "copies", "psnr", "accuracy"]',
        )
    )
    answer = bench("run", tiny)
    assert answer.code == 1
    assert "bench weights add i3d_pretrained_400.pt" in " ".join(answer.out.split())
    table = json.loads(bench("table", "quality", "tiny", "--format", "json").out)
    assert len(table["rows"]) == 2
    for row in table["rows"]:
        assert row["psnr"] is not None
        assert row["fvd"] is None
        assert row["fvd:missing"] in ("blocked", "failed")
        assert 0 < row["fvd:self:p"] <= 1
        assert row["fvd:self:floor"] > 0
        assert row["copies:nearness"] > 0
    text = " ".join(answer.out.split())
    assert "FVD (google): it needs the weights i3d-kinetics-400; 'bench weights list'" in text
    assert "what is seen in videos by c3d, trained on the split's real videos" in text
    assert "one distribution" in text


def test_a_classifier_that_is_not_there_is_named(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"metric.fvd.*no classifier 'tsm'.*there is: c3d"):
        expanded(
            tiny,
            tmp_path,
            metrics=["fvd"],
            **{"metric.fvd.parameters": {"backend": "self", "of": "tsm"}},
        )


def test_metrics_that_read_scores_do_not_become_features(tiny: Path, tmp_path: Path) -> None:
    matrix = expanded(tiny, tmp_path)
    assert not [c for c in matrix.cells.values() if isinstance(c, (Features, ScoreFeatures))]
