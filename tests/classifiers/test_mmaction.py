"""Any recognizer of MMAction2 as a classifier: fitting, scores, features, refusals."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from classifiers.c3d import C3D
from classifiers.mmaction import MMActionClassifier
from classifiers.tsm import TSM
from plugins.errors import BenchError, Cancelled, DataError, PluginError, TrainingError
from tests.classifiers.small_recognizers import MAKERS, Make, each, run_in


class TSN(MMActionClassifier):
    """MMAction2's TSN: another 2D recognizer, by its section alone."""

    name: ClassVar[str] = "tsn"
    n_frames: ClassVar[int] = 3

    def section(self, n_classes: int, shape: tuple[int, int, int, int]) -> dict[str, Any]:
        assert shape == (3, 3, 32, 32)
        return {
            "type": "Recognizer2D",
            "backbone": {"type": "ResNet", "depth": 18, "pretrained": None},
            "cls_head": {"type": "TSNHead", "num_classes": n_classes, "in_channels": 512},
            "data_preprocessor": {
                "type": "ActionDataPreprocessor",
                "mean": [0] * 3,
                "std": [255] * 3,
            },
        }


class Slow(MMActionClassifier):
    """MMAction2's SlowOnly: another 3D recognizer, by its section alone."""

    name: ClassVar[str] = "slow"
    n_frames: ClassVar[int] = 4

    def section(self, n_classes: int, shape: tuple[int, int, int, int]) -> dict[str, Any]:
        return {
            "type": "Recognizer3D",
            "backbone": {
                "type": "ResNet3dSlowOnly",
                "depth": 18,
                "pretrained": None,
                "pretrained2d": False,
                "base_channels": 8,
                "inflate": (0, 0, 1, 1),
            },
            "cls_head": {"type": "I3DHead", "num_classes": n_classes, "in_channels": 64},
            "data_preprocessor": {
                "type": "ActionDataPreprocessor",
                "mean": [0] * 3,
                "std": [255] * 3,
                "format_shape": "NCTHW",
            },
        }


@each
def test_fit_repeats_its_bytes_and_load_its_scores(
    tmp_path: Path, drifting: Make, make: Callable[..., MMActionClassifier]
) -> None:
    clips = drifting(8, seed=0, size=32)
    first, again, third = make(), make(), make(batch_size=3)
    first.fit(clips, run_in(tmp_path / "one"))
    again.fit(clips, run_in(tmp_path / "two"))
    weights = [(tmp_path / n / "weights.safetensors").read_bytes() for n in ("one", "two")]
    assert weights[0] == weights[1]
    scores = first.predict(clips)
    assert scores.shape == (8, 2)
    assert scores.dtype == torch.float32
    assert not scores.requires_grad
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(8))
    third.load(run_in(tmp_path / "one"))
    torch.testing.assert_close(third.predict(clips), scores, rtol=1e-4, atol=1e-5)
    features = third.features(clips)
    assert features.shape[0] == 8
    assert features.shape[1] == {"tsm": 64, "c3d": 128, "tdn": 64, "atmnet": 64}[first.name]
    assert features.std(dim=0).max() > 0


@each
def test_stopped_fit_continues_to_the_same_bytes(
    tmp_path: Path, drifting: Make, make: Callable[..., MMActionClassifier]
) -> None:
    clips = drifting(6, seed=0, size=32)
    make().fit(clips, run_in(tmp_path / "whole"))
    steps: list[int] = []
    run = run_in(
        tmp_path / "stopped",
        report=lambda progress: steps.append(progress.step),
        cancelled=lambda: any((tmp_path / "stopped").glob("checkpoints/*/*.pth")),
    )
    with pytest.raises(Cancelled):
        make().fit(clips, run)
    make().fit(clips, run_in(tmp_path / "stopped"))
    name = "weights.safetensors"
    assert (tmp_path / "stopped" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@each
def test_plugin_can_be_pickled_before_and_after_fit(
    tmp_path: Path, drifting: Make, make: Callable[..., MMActionClassifier]
) -> None:
    clips = drifting(4, seed=0, size=32)
    classifier = pickle.loads(pickle.dumps(make(lr=0.002)))
    assert classifier.lr == 0.002
    classifier.fit(clips, run_in(tmp_path))
    copy = pickle.loads(pickle.dumps(classifier))
    torch.testing.assert_close(copy.predict(clips), classifier.predict(clips))


@pytest.mark.parametrize("kind", [TSN, Slow])
def test_any_recognizer_by_its_section(
    tmp_path: Path, drifting: Make, kind: type[MMActionClassifier]
) -> None:
    clips = drifting(4, seed=0, size=32)
    classifier = kind(batch_size=2, steps=2)
    classifier.fit(clips, run_in(tmp_path))
    torch.testing.assert_close(classifier.predict(clips).sum(dim=1), torch.ones(4))
    assert classifier.features(clips).shape == (4, {"tsn": 512, "slow": 64}[kind.name])


def test_intensities_reach_the_recognizer_as_it_expects_them() -> None:
    from classifiers.mmaction import fed

    classifier = TSM(depth=18, width=8)
    model = classifier._build({"classes": ["a", "b"], "shape": [1, 16, 32, 32]})
    inputs = fed(model, torch.full((2, 3, 8, 32, 32), 0.5), training=False)["inputs"]
    assert inputs.shape == (2, 8, 3, 32, 32)
    wanted = (127.5 - torch.tensor([123.675, 116.28, 103.53])) / torch.tensor(
        [58.395, 57.12, 57.375]
    )
    torch.testing.assert_close(inputs[0, 0, :, 0, 0], wanted)
    solid = C3D(width=2)._build({"classes": ["a", "b"], "shape": [1, 16, 32, 32]})
    assert fed(solid, torch.rand(2, 3, 16, 32, 32), training=False)["inputs"].shape == (
        2, 1, 3, 16, 32, 32,
    )  # fmt: skip


def test_missing_class_is_named(tmp_path: Path, drifting: Make) -> None:
    clips = drifting(4, seed=0, size=32)
    clips.labels = [0, 0, 0, 0]
    with pytest.raises(TrainingError, match="tsm on drifts: no training clip of class 'right'"):
        MAKERS[0]().fit(clips, run_in(tmp_path, title="tsm on drifts"))


def test_predict_refuses_what_it_did_not_learn_from(tmp_path: Path, drifting: Make) -> None:
    clips = drifting(4, seed=0, size=32)
    classifier = MAKERS[0]()
    with pytest.raises(PluginError, match="call fit or load before predict"):
        classifier.predict(clips)
    with pytest.raises(TrainingError, match="no such weight file"):
        classifier.load(run_in(tmp_path))
    classifier.fit(clips, run_in(tmp_path))
    with pytest.raises(DataError, match=r"shape \(1, 16, 32, 32\), these have \(1, 16, 48, 48\)"):
        classifier.predict(drifting(2, seed=0, size=48))
    clips.classes = ("right", "left")
    with pytest.raises(DataError, match="classes"):
        classifier.predict(clips)


def test_weights_of_other_parameters_are_refused(tmp_path: Path, drifting: Make) -> None:
    MAKERS[1]().fit(drifting(4, seed=0, size=32), run_in(tmp_path))
    with pytest.raises(TrainingError, match=r"weights\.safetensors: 'backbone\.conv1a.*has shape"):
        C3D(width=3).load(run_in(tmp_path))


def test_wrong_fields_are_named() -> None:
    with pytest.raises(BenchError, match="no parameter 'dept'; did you mean 'depth'"):
        TSM.configure({"dept": 18}, "quick.toml")
    with pytest.raises(BenchError, match="depth = 19"):
        TSM.configure({"depth": 19}, "quick.toml")
    assert all(field.description for field in TSM.model_fields.values())
    assert all(field.description for field in C3D.model_fields.values())
