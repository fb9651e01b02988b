"""What a classifier may be told of its training: loss, budget, choice of weights, rates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from torch.nn.functional import one_hot

from classifiers.held_out import held_out
from classifiers.mmaction import MMActionClassifier
from classifiers.tsm import TSM
from classifiers.weighed_loss import inverse_shares
from plugins import compat
from plugins.clips import MemoryClips
from plugins.weightfile import read_notes
from tests.classifiers.small_recognizers import MAKERS, Make, each, run_in


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
