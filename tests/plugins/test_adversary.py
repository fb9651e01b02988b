"""A model and its adversary learn in turn, and neither a kill nor the precision changes that."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from plugins.adversary import Adversary, held_still
from plugins.errors import TrainingError
from plugins.recipe import Recipe
from plugins.reproducible import seeded
from plugins.run import Run
from plugins.training import train
from tests.plugins.small_training import EVERY, RECIPE, STEPS, WEIGHTS, batch_of, network

FROM = 3
THEIRS = Recipe(optimizer="adam", lr=0.02, betas=(0.5, 0.9), schedule="cosine")


def critic() -> nn.Sequential:
    with seeded(2):
        return nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))


def batches_from(start: int) -> Callable[[int], dict[str, Tensor]]:
    """Batches in which the adversary takes part from a step on."""
    return lambda step: batch_of(step) | ({"play": torch.ones(())} if step >= start else {})


def learn(
    folder: Path,
    batches: Callable[[int], Any] | None = None,
    recipe: Recipe = RECIPE,
    theirs: Recipe = THEIRS,
    spoil: Callable[[Tensor], Tensor] = lambda loss: loss,
    device: str = "cpu",
) -> bytes:
    """Train a network against a critic and return the bytes of the weight file."""
    folder.mkdir(parents=True, exist_ok=True)
    model, judge = network(), critic()

    def loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        made = model(batch["x"])
        figures = {"loss_square": (made - batch["y"]) ** 2}
        return figures | ({"loss_judge": -judge(made), "made": made} if "play" in batch else {})

    def their_loss(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        if "play" not in batch:
            return {}
        assert not batch["made"].requires_grad
        return {"loss_critic": spoil(judge(batch["made"]) - judge(batch["y"]))}

    train(
        model,
        loss,
        batches or batches_from(FROM),
        STEPS,
        Run(folder, seed=3, name="cell", device=device),
        recipe=recipe,
        adversary=Adversary(judge, their_loss, theirs, reads=("made",)),
        checkpoint_every=EVERY,
        called={"adversary_lr": "critic_lr"},
    )
    return (folder / WEIGHTS).read_bytes()


def die_at(folder: Path, step: int) -> None:
    """In a process of its own: train, and be killed before a step."""

    def batches(now: int) -> dict[str, Tensor]:
        if now == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return batches_from(FROM)(now)

    learn(folder, batches)


def test_killed_training_ends_with_the_same_bytes(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=die_at, args=(tmp_path / "killed", 2 * EVERY + 2)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    kept = [path.name for path in (tmp_path / "killed").rglob("*.pth")]
    assert kept == [f"step_{2 * EVERY:09d}.pth"]
    assert learn(tmp_path / "killed") == learn(tmp_path / "whole")


@pytest.mark.parametrize(
    ("start", "recipe"),
    [
        (FROM, RECIPE.model_copy(update={"amp": "bf16"})),
        (FROM, RECIPE.model_copy(update={"ema": None, "schedule": "constant", "warmup": 0})),
        (EVERY + 2, RECIPE),
    ],
    ids=["bf16", "constant, no average", "begun after the checkpoint"],
)
def test_stopped_training_ends_with_the_same_bytes(
    tmp_path: Path, start: int, recipe: Recipe
) -> None:
    def batches(step: int) -> dict[str, Tensor]:
        if step == EVERY + 1:
            raise KeyboardInterrupt
        return batches_from(start)(step)

    theirs = THEIRS.model_copy(update={"amp": recipe.amp, "schedule": recipe.schedule})
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "stopped", batches, recipe, theirs)
    again = learn(tmp_path / "stopped", batches_from(start), recipe, theirs)
    assert again == learn(tmp_path / "whole", batches_from(start), recipe, theirs)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("amp", ["off", "bf16", "fp16"])
def test_cuda_resumes_with_the_same_bytes(tmp_path: Path, amp: str) -> None:
    def batches(step: int) -> dict[str, Tensor]:
        if step == STEPS - 2:
            raise KeyboardInterrupt
        return batches_from(FROM)(step)

    recipes = [recipe.model_copy(update={"amp": amp}) for recipe in (RECIPE, THEIRS)]
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "stopped", batches, *recipes, device="cuda:0")
    again = learn(tmp_path / "stopped", None, *recipes, device="cuda:0")
    assert again == learn(tmp_path / "whole", None, *recipes, device="cuda:0")


def test_both_learn_as_two_plain_optimizers_would(tmp_path: Path) -> None:
    # Without Adam, which makes large steps of the rounding errors of a bias before batch norm.
    recipes = [Recipe(optimizer="sgd", lr=r, momentum=m) for r, m in ((0.01, 0.9), (0.02, 0.5))]
    learn(tmp_path, batches_from(0), *recipes)
    found = load_file(tmp_path / WEIGHTS)
    model, judge = network(), critic()
    model.train()
    ours = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    theirs = torch.optim.SGD(judge.parameters(), lr=0.02, momentum=0.5)
    run = Run(tmp_path, seed=3, name="cell")
    for step in range(STEPS):
        batch = batch_of(step)
        with seeded(run.derive("training", "step", step)):  # dropout's draws
            made = model(batch["x"])
        ours.zero_grad()
        (((made - batch["y"]) ** 2).mean() - judge(made).mean()).backward()
        ours.step()
        theirs.zero_grad()
        (judge(made.detach()) - judge(batch["y"])).mean().backward()
        theirs.step()
    assert found.keys() == model.state_dict().keys()  # nothing of the adversary
    for name, tensor in model.state_dict().items():
        assert torch.allclose(found[name], tensor, atol=1e-5), name


def test_a_training_without_its_adversary_is_another(tmp_path: Path) -> None:
    learn(tmp_path)
    with pytest.raises(TrainingError, match=r"lr is 0\.02 there and 0\.01 here"):
        learn(tmp_path, theirs=THEIRS.model_copy(update={"lr": 0.01}))


def test_an_adversary_that_breaks_down_is_named_with_its_rate(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingError, match=r"adversary's loss is nan at step 4\. Lower critic_lr \(now 0\.02\)"
    ):
        learn(tmp_path, spoil=lambda loss: loss * torch.nan)


def test_what_is_held_still_passes_gradients_on() -> None:
    judge = critic()
    judge[0].bias.requires_grad_(False)
    x = torch.ones(1, 1, requires_grad=True)
    with held_still(judge):
        judge(x).sum().backward()
    assert x.grad is not None
    assert all(p.grad is None for p in judge.parameters())
    assert [p.requires_grad for p in judge.parameters()] == [True, False, True, True]
