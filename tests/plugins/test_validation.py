"""The weights that validation chooses, also where a training was killed on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from plugins.errors import Cancelled, TrainingError
from plugins.recipe import Recipe
from plugins.run import Run
from plugins.training import train
from plugins.validation import Validation
from plugins.weightfile import load_weights, read_notes
from tests.plugins.small_training import WEIGHTS, batch_of, network, square_error

STEPS = 20
# No schedule: a training of k steps ends where a longer one is after k.
RECIPES = {"last": Recipe(lr=0.1), "average": Recipe(lr=0.1, ema=0.5)}
HELD_OUT = batch_of(10**6)


def error(model: nn.Module) -> float:
    assert not model.training
    with torch.no_grad():
        return float(square_error(model)(HELD_OUT)["loss_square"].mean())


def learn(
    folder: Path,
    recipe: Recipe,
    every: int | None,
    steps: int = STEPS,
    score: Callable[[nn.Module], float] = error,
    batches: Callable[[int], Any] = batch_of,
    **surroundings: Any,
) -> nn.Module:
    folder.mkdir(parents=True, exist_ok=True)
    model = network()
    validation = Validation(lambda: score(model), every) if every else None
    run = Run(folder, **({"seed": 3, "name": "cell"} | surroundings))
    train(
        model,
        square_error(model),
        batches,
        steps,
        run,
        recipe=recipe,
        checkpoint_every=4,
        validation=validation,
    )
    return model


def until(halt: int) -> Callable[[int], dict[str, Tensor]]:
    def batches(step: int) -> dict[str, Tensor]:
        if step == halt:
            raise Cancelled("here")
        return batch_of(step)

    return batches


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
@pytest.mark.parametrize("every", [3, 5])
def test_the_weights_are_those_of_the_lowest_score(
    tmp_path: Path, recipe: Recipe, every: int
) -> None:
    looks = sorted({*range(every, STEPS, every), STEPS})
    models = {k: learn(tmp_path / str(k), recipe, None, steps=k) for k in looks}
    due = min(looks, key=lambda k: error(models[k]))
    assert due != STEPS, "choose a rate at which the last weights are not the best"
    chosen = learn(tmp_path / "validated", recipe, every)
    for name, tensor in chosen.state_dict().items():
        if name != "1.num_batches_tracked":
            torch.testing.assert_close(tensor, models[due].state_dict()[name], rtol=0, atol=0)
    notes = read_notes(tmp_path / "validated" / WEIGHTS)
    assert notes["best"] == [due, error(models[due])]
    again = network()
    load_weights(again, tmp_path / "validated" / WEIGHTS)
    assert error(again.eval()) == error(models[due])


@pytest.mark.parametrize("halt", [1, 7, 14, 19])
def test_a_stopped_training_chooses_the_same(tmp_path: Path, halt: int) -> None:
    recipe = RECIPES["average"]
    learn(tmp_path / "whole", recipe, 3)
    with pytest.raises(Cancelled):
        learn(tmp_path / "stopped", recipe, 3, batches=until(halt))
    learn(tmp_path / "stopped", recipe, 3)
    whole, stopped = ((tmp_path / n / WEIGHTS).read_bytes() for n in ("whole", "stopped"))
    assert whole == stopped


def test_looking_changes_nothing_but_the_choice(tmp_path: Path) -> None:
    last = learn(tmp_path / "plain", RECIPES["average"], None)
    seen = iter(range(100, 0, -1))  # ever lower: the last is chosen
    chosen = learn(tmp_path / "looked", RECIPES["average"], 1, score=lambda _: float(next(seen)))
    for a, b in zip(last.parameters(), chosen.parameters(), strict=True):
        assert torch.equal(a, b)


def test_of_equal_scores_the_first_is_taken(tmp_path: Path) -> None:
    learn(tmp_path, RECIPES["last"], 5, score=lambda _: 1.0)
    assert read_notes(tmp_path / WEIGHTS)["best"] == [5, 1.0]


def test_scores_that_are_no_numbers_choose_nothing(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="every score was not finite"):
        learn(tmp_path, RECIPES["last"], 5, score=lambda _: float("nan"))


def test_weights_of_another_training_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        learn(tmp_path, RECIPES["last"], 2, batches=until(6))
    with pytest.raises(TrainingError, match="belongs to another training: validate_every is 2"):
        learn(tmp_path, RECIPES["last"], 3)
