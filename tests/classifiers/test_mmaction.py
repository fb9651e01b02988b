"""Any recognizer of MMAction2 as a classifier: batches, fitting, scores, features."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import one_hot

from classifiers.atmnet import ATMNet
from classifiers.batches import Batches, frame_indices, pools
from classifiers.c3d import C3D
from classifiers.held_out import held_out
from classifiers.mmaction import MMActionClassifier
from classifiers.tdn import TDN
from classifiers.tsm import TSM
from classifiers.weighed_loss import inverse_shares
from plugins import compat
from plugins.clips import MemoryClips
from plugins.errors import BenchError, Cancelled, DataError, PluginError, TrainingError
from plugins.order import Order
from plugins.run import Run
from plugins.weightfile import read_notes

Make = Callable[..., MemoryClips]
SMALL = {"batch_size": 4, "steps": 4, "checkpoint_every": 2}
MAKERS: list[Callable[..., MMActionClassifier]] = [
    lambda **fields: TSM(depth=18, width=8, segments=4, **(SMALL | fields)),
    lambda **fields: C3D(width=2, **(SMALL | fields)),
    lambda **fields: TDN(depth=18, width=8, segments=2, **(SMALL | fields)),
    lambda **fields: ATMNet(size="xT", width=8, segments=4, **(SMALL | fields)),
]
each = pytest.mark.parametrize("make", MAKERS, ids=["tsm", "c3d", "tdn", "atmnet"])


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


def run_in(folder: Path, **surroundings: Any) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    return Run(folder, **({"seed": 7, "name": "cell"} | surroundings))


def test_frames_are_the_middles_of_equal_segments() -> None:
    assert frame_indices(16, 8) == [1, 3, 5, 7, 9, 11, 13, 15]
    assert frame_indices(16, 16) == list(range(16))
    assert frame_indices(3, 6) == [0, 0, 1, 1, 2, 2]


def test_balanced_pools_are_the_classes() -> None:
    assert pools([1, 0, 1, 1], balanced=False) == [[0, 1, 2, 3]]
    assert pools([1, 0, 1, 1], balanced=True) == [[1], [0, 2, 3]]


def test_batch_follows_from_seed_and_step(drifting: Make) -> None:
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


def test_class_weights_weigh_the_loss(tmp_path: Path, drifting: Make) -> None:
    assert inverse_shares([0, 0, 0, 1], 2) == [4 / 6, 2.0]
    clips = drifting(4, seed=0, size=32)
    clips.labels = [0, 0, 0, 1]
    make = MAKERS[0]
    models = []
    for kind in ("none", "inverse"):
        classifier = make(class_weights=kind, steps=1)
        classifier.fit(clips, run_in(tmp_path / kind))
        models.append(classifier)
    assert models[1]._notes["class_weights"] == [4 / 6, 2.0]
    weighted = models[1]._model
    assert weighted is not None
    logits, labels = torch.randn(5, 2), torch.tensor([0, 1, 0, 1, 1])
    weight = torch.tensor([4 / 6, 2.0])
    of_each = -logits.log_softmax(dim=1)[range(5), labels] * weight[labels]
    loss = weighted.cls_head.loss_cls
    torch.testing.assert_close(loss(logits, labels), of_each.mean())
    torch.testing.assert_close(loss(logits, one_hot(labels, 2).float()), of_each.mean())
    smooth = 0.9 * one_hot(labels, 2) + 0.05
    of_smooth = -(smooth * logits.log_softmax(dim=1)).sum(dim=1) * weight[labels]
    torch.testing.assert_close(loss(logits, smooth), of_smooth.mean())
    # A batch of one class is weighed too.
    torch.testing.assert_close(loss(logits[1:2], labels[1:2]), of_each[1])
    weights = [(tmp_path / k / "weights.safetensors").read_bytes() for k in ("none", "inverse")]
    assert weights[0] != weights[1]
    again = make(class_weights="inverse", steps=1)
    again.load(run_in(tmp_path / "inverse"))
    assert torch.equal(again.predict(clips), models[1].predict(clips))


def test_one_correction_for_unequal_classes() -> None:
    with pytest.raises(ValidationError, match="set one"):
        TSM(balanced=True, class_weights="inverse")


def test_budget_in_epochs_grows_with_the_clips() -> None:
    assert TSM(steps=30)._n_steps(1000) == 30
    assert TSM(budget="epochs", epochs=50, batch_size=8)._n_steps(100) == 625
    assert TSM(budget="epochs", epochs=1, batch_size=8)._n_steps(9) == 2


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


class Watched(MemoryClips):
    """Remembers which clips were drawn to learn from, and which were looked at as they are."""

    def draw(self, index: int, seed: int) -> torch.Tensor:
        self.__dict__.setdefault("drawn", set()).add(index)
        return super().__getitem__(index)

    def __getitem__(self, index: int) -> torch.Tensor:
        self.__dict__.setdefault("seen", set()).add(index)
        return super().__getitem__(index)


def test_weights_are_chosen_by_clips_that_are_not_learned_from(
    tmp_path: Path, drifting: Make
) -> None:
    some = drifting(12, seed=0, size=32)
    clips = Watched(
        some.videos, some.labels, some.classes, groups=[f"p{i // 2}" for i in range(12)]
    )
    clips.labels = [i // 2 % 2 for i in range(12)]
    classifier = MAKERS[0](validation=0.4, validate_every=2, steps=8)
    classifier.fit(clips, run_in(tmp_path))
    _, held = held_out(clips, 0.4, "here")
    assert held is not None
    held_places = {i for i in range(12) if clips.groups[i] in held.groups}
    assert clips.__dict__["drawn"] == set(range(12)) - held_places
    assert clips.__dict__["seen"] == held_places
    assert len(held_places) == 4
    step, score = read_notes(tmp_path / "weights.safetensors")["best"]
    assert step in (2, 4, 6, 8)
    likelihoods = classifier.predict(held)[range(len(held)), held.labels].log()
    assert float(-likelihoods.mean()) == pytest.approx(score, rel=1e-4)


def groups_of(classifier: MMActionClassifier) -> dict[str, tuple[float, float]]:
    """By parameter: its learning rate and weight decay over the recipe's."""
    model = classifier._build({"classes": ["a", "b"], "shape": [1, 16, 32, 32]})
    recipe = classifier.recipe()
    with compat.quiet():
        from mmengine.optim import build_optim_wrapper

        optimizer = build_optim_wrapper(model, recipe.optim_wrapper("cpu")).optimizer
    names = {id(p): name for name, p in model.named_parameters()}
    found = {
        names[id(p)]: (group["lr"] / recipe.lr, group["weight_decay"] / recipe.weight_decay)
        for group in optimizer.param_groups
        for p in group["params"]
    }
    assert set(found) == set(names.values())
    return found


@pytest.mark.parametrize("make", [MAKERS[0], MAKERS[2]], ids=["tsm", "tdn"])
def test_published_rates_differ_by_layer(make: Callable[..., MMActionClassifier]) -> None:
    classifier = make(layer_rates="published", weight_decay=0.01, lr=0.1)
    model = classifier._build({"classes": ["a", "b"], "shape": [1, 16, 32, 32]})
    norms = {
        f"{name}.{part}"
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)
        for part in ("weight", "bias")
    }
    found = groups_of(classifier)
    assert norms < set(found)
    for name, rates in found.items():
        if name in ("cls_head.fc_cls.weight", "cls_head.fc_cls.bias"):
            due = (5, 1) if name.endswith("weight") else (10, 0)
        elif name in norms:
            due = (1, 0)
        else:
            due = (1, 1) if name.endswith("weight") else (2, 0)
        assert rates == pytest.approx(due), name
    assert set(groups_of(make(weight_decay=0.01)).values()) == {(1, 1)}


@each
def test_biases_and_norms_need_not_decay(make: Callable[..., MMActionClassifier]) -> None:
    found = groups_of(make(decay="weights", weight_decay=0.01))
    spared = {name for name, (rate, decay) in found.items() if decay == 0}
    assert all(rate == 1 for rate, _ in found.values())
    assert {name for name in found if name.endswith(".bias")} <= spared
    assert not {name for name in spared if "conv.weight" in name and "bn" not in name}
    assert "cls_head.fc_cls.weight" not in spared
