"""cINN's set ``paper`` says what the reference's code says, and ``quick`` trains and samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from generators.cinn.generator import CINN
from generators.cinn.settings import IMAGE_STAGE, STAGE_2
from generators.cinn.stage2 import FLOW
from plugins import Run
from plugins.weightfile import read_notes

IDLE = {
    "latent",
    "flow_steps",
    "flow_augment",
    "image_steps",
    "autoencoder_steps",
}
"""Fields without effect in the set, or with one value only."""


def paper(**changed: Any) -> CINN:
    made = CINN.configure(changed, "test", "paper")
    assert isinstance(made, CINN)
    return made


def test_it_leaves_nothing_to_the_defaults_that_weights_depend_on() -> None:
    left = {*STAGE_2, *IMAGE_STAGE} - set(CINN.sets["paper"].values)
    assert left <= IDLE | {"latent_channels"}, f"decide in the set 'paper': {sorted(left - IDLE)}"


def test_its_flow_is_the_references() -> None:
    made = paper()
    assert (made.flow_blocks, made.flow_width, made.flow_depth) == (20, 512, 3)
    with torch.device("meta"):
        flow = made.initial_prior(made.layout((1, 16, 128, 128)), ()).flow
    networks = 4 * 20
    layers = (32 + 128) * 512 + 512 + 2 * (512 * 512 + 512) + 512 * 32 + 32
    assert sum(p.numel() for p in flow.parameters()) == networks * layers + 20 * 2 * 64


def test_its_autoencoder_leaves_4_x_4_cells() -> None:
    layout = paper().layout((1, 16, 128, 128))
    assert layout.grid == (1, 4, 4)
    assert layout.latent_shape == (64, 1, 1, 1)


def test_its_optimizer_is_the_references() -> None:
    """Adam 1e-5 (0.9, 0.99) with AMSGrad, halved after 6, 12, 18, 24 and 30 of 31 epochs."""
    recipe = paper().prior_recipe()
    assert (recipe.optimizer, recipe.lr, recipe.betas) == ("adam", 1e-5, (0.9, 0.99))
    assert recipe.options == {"amsgrad": True}
    assert (recipe.schedule, recipe.gamma, recipe.ema) == ("step", 0.5, None)
    steps = 31 * 40
    (plan,) = recipe.param_scheduler(steps) or []
    assert plan["milestones"] == [6 * 40 * k for k in range(1, 6)]


def test_the_default_learns_as_lddm_does() -> None:
    made = CINN()
    assert made.prior_recipe() == made.recipe(made.flow_lr, made.ema)


def test_the_references_optimizer_trains(clips, tmp_path: Path) -> None:
    made = CINN(
        autoencoder_steps=1,
        autoencoder_batch=2,
        base_channels=8,
        correlation=0,
        flow_epochs=2,
        flow_halving_epochs=1,
        flow_amsgrad=True,
        flow_beta2=0.99,
        flow_batch=3,
        flow_blocks=2,
        flow_width=16,
        flow_views=0,
        ema=None,
    )
    made.fit(clips, Run(tmp_path))
    training = read_notes(tmp_path / FLOW)["training"]
    assert training["steps"] == -(-2 * len(clips) // 3)
    assert training["options"] == {"amsgrad": True}
    assert training["milestones"] == [0.5]


@pytest.mark.slow
def test_quick_trains_and_samples(clips, stills, tmp_path: Path) -> None:
    made = CINN.configure({}, "test", "quick")
    assert isinstance(made, CINN)
    made.fit(clips, Run(tmp_path))
    sample = made.sample(stills, 16)
    assert torch.equal(sample[:, :, 0], stills.images)
    assert float((sample[:, :, 1:] - stills.images[:, :, None]).abs().max()) > 0
