"""LDDM's set ``paper`` says what the paper says, and epochs make the steps that they should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from bench.conformance_data import simulated_stills
from generators.autoencoder.encoder import BasicBlock, Encoder
from generators.lddm.generator import LDDM
from generators.lddm.settings import STAGE_2
from generators.lddm.stage2 import DENOISER
from generators.two_stage.stage import Stage
from generators.two_stage.stage1 import AUTOENCODER
from plugins import Run, TrainingError
from plugins.clips import ClipSet
from plugins.weightfile import read_notes

SMALL = {
    "base_channels": 8,
    "latent_channels": 4,
    "denoiser_width": 32,
    "denoiser_depth": 1,
    "denoiser_heads": 2,
    "sampler_steps": 5,
    "checkpoint_every": 50,
}
"""Sizes that a CPU trains in seconds; the set's ways of training stay."""

IDLE = {
    "latent_size",
    "autoencoder_steps",
    "denoiser_steps",
    "unet_levels",
    "perceptual",
    "feature_weight",
    "penalty_weight",
    "adversarial_from",
    "discriminator_lr",
    "discriminator_base",
    "denoiser_augment",
}
"""Fields without effect in the set: of a vector, of steps, of weights that are 0."""


def paper(**changed: Any) -> LDDM:
    made = LDDM.configure(changed, "test", "paper")
    assert isinstance(made, LDDM)
    return made


def test_what_the_paper_states() -> None:
    made = paper()
    assert made.head == "pixels"
    assert (made.autoencoder_lr, made.autoencoder_epochs) == (1e-5, 100)
    assert (made.denoiser_lr, made.denoiser_epochs, made.denoiser_batch) == (0.01, 50, 16)
    assert made.prediction == "noise"
    for lr in (made.autoencoder_lr, made.denoiser_lr):
        recipe = made.recipe(lr, made.ema)
        assert (recipe.optimizer, recipe.weight_decay, recipe.lr) == ("adam", 0, lr)


def test_it_leaves_nothing_to_the_defaults_that_weights_depend_on() -> None:
    left = {*STAGE_2, "amp"} - set(LDDM.sets["paper"].values)
    assert left <= IDLE, f"decide in the set 'paper': {sorted(left - IDLE)}"


def test_its_encoder_is_a_resnet_18_with_one_factor_for_all_axes() -> None:
    layout = paper().layout((1, 16, 128, 128))
    assert layout.latent_shape == (512 // 8, 16 // 8, 128 // 8, 128 // 8)
    with torch.device("meta"):
        encoder = Encoder(layout)
    blocks = [block for block in encoder.stages if isinstance(block, BasicBlock)]
    widths = [block.conv2.out_channels for block in blocks]
    assert widths == [64, 64, 128, 128, 256, 256, 512, 512]
    assert (encoder.stem.out_channels, encoder.stem.kernel_size[1:]) == (64, (7, 7))
    assert not hasattr(encoder, "matching")


@pytest.mark.parametrize(
    ("epochs", "n_clips", "batch", "steps"),
    [(None, 131, 8, 7), (100, 131, 8, 1638), (1, 8, 8, 1), (1, 9, 8, 2), (2, 3, 8, 1)],
)
def test_epochs_make_steps(epochs: int | None, n_clips: int, batch: int, steps: int) -> None:
    settings = LDDM(autoencoder_epochs=epochs, autoencoder_steps=7, autoencoder_batch=batch)
    assert Stage("autoencoder", "w", ()).steps(settings, n_clips) == steps


def test_both_stages_are_trained_for_their_epochs_of_clips(clips: ClipSet, tmp_path: Path) -> None:
    """Also where a clip has several latents: with its mirror image, here."""
    lddm = paper(
        **SMALL,
        mirror=0.5,
        autoencoder_epochs=2,
        autoencoder_batch=3,
        denoiser_epochs=3,
        denoiser_batch=4,
    )
    run = Run(tmp_path, seed=1)
    lddm.fit(clips, run)
    n = len(clips)
    for file, steps, lr in ((AUTOENCODER, -(-2 * n // 3), 1e-5), (DENOISER, -(-3 * n // 4), 0.01)):
        training = read_notes(tmp_path / file)["training"]
        assert training["steps"] == steps
        assert (training["optimizer"], training["lr"]) == ("adam", lr)
        assert (training["schedule"], training["clip_grad"], training["ema"]) == (
            "constant",
            None,
            None,
        )
    with pytest.raises(TrainingError, match="autoencoder_epochs = 2"):
        LDDM(**(lddm.parameters() | {"autoencoder_epochs": 1})).load(run)


def test_it_trains_and_samples(clips: ClipSet, cache: Path, tmp_path: Path) -> None:
    lddm = paper(**SMALL, autoencoder_epochs=1, denoiser_epochs=1)
    lddm.fit(clips, Run(tmp_path, seed=1))
    stills = simulated_stills(cache, 32)
    made = lddm.sample(stills, 16)
    assert bool(torch.isfinite(made).all())
    assert torch.equal(made[:, :, 0], stills.images)
    assert float((made[:, :, 1:] - stills.images[:, :, None]).abs().max()) > 0
