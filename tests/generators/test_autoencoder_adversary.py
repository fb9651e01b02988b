"""Stage 1 trained against discriminators."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors import safe_open

from generators.autoencoder.adversarial_losses import hinge_discriminator
from generators.autoencoder.adversary import Discriminators, frames
from generators.autoencoder.augmentation import Augmentation
from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.layout import Layout
from generators.two_stage.stage1 import AUTOENCODER, Clips, fit_autoencoder, stage1_loss
from plugins import DataError, MemoryClips, Run
from plugins.reproducible import seeded
from plugins.weightfile import load_weights
from tests.generators.draws import rand, randn
from tests.generators.stage_1 import Stage1

STEPS, EVERY, FROM = 7, 2, 3
SETTINGS = Stage1(
    base_channels=8,
    correlation=1,
    autoencoder_steps=STEPS,
    autoencoder_batch=2,
    checkpoint_every=EVERY,
    spatial_weight=0.1,
    temporal_weight=0.1,
    adversarial_from=FROM,
    discriminator_base=8,
)
LAYOUT = SETTINGS.layout((1, 8, 32, 32))


def game(layout: Layout = LAYOUT, **fields) -> Discriminators:
    with seeded(1):
        return Discriminators(Stage1(**(SETTINGS.model_dump() | fields)), layout)


def test_the_spatial_discriminator_sees_the_frame_that_is_named() -> None:
    clips = rand(3, 2, 5, 4, 4)
    shown = frames(clips, torch.tensor([4, 1, 2]))
    assert torch.equal(shown, torch.stack([clips[0, :, 4], clips[1, :, 1], clips[2, :, 2]]))


def test_each_side_of_the_game_has_its_terms() -> None:
    judges, judged = game(), torch.tensor([1, 7])
    made, real = rand(2, *LAYOUT.shape, seed=2).requires_grad_(), rand(2, *LAYOUT.shape, seed=3)
    theirs = judges.loss(made.detach(), real, judged)
    plain = game(penalty_weight=0.0).loss(made.detach(), real, judged)
    assert set(theirs) - set(plain) == {"loss_gradient_penalty"}
    for name in plain:
        assert torch.allclose(theirs[name], plain[name], rtol=1e-5)
    patch = judges.spatial
    expected = hinge_discriminator(
        patch(frames(real, judged)).logits, patch(frames(made, judged)).logits
    )
    assert torch.allclose(theirs["loss_spatial_discriminator"], expected)
    ours = judges.against(made, real, judged)
    said, wanted = judges.temporal(made), judges.temporal(real)
    assert torch.allclose(ours["loss_temporal_adversarial"], -0.1 * said.logits.mean())
    differences = [
        (a - b).abs().mean() for a, b in zip(said.features, wanted.features, strict=True)
    ]
    assert torch.allclose(ours["loss_temporal_features"], 0.1 * 10 * sum(differences) / 4)
    sum(ours.values()).backward()
    assert made.grad[0, :, 1].any()


def test_the_discriminators_gradients_reach_all_their_parameters() -> None:
    judges, clips = game(), rand(2, *LAYOUT.shape, seed=2)
    for network, shown in ((judges.spatial, clips[:, :, 1]), (judges.temporal, clips)):
        network(shown).logits.square().mean().backward()
    without = [n for n, p in judges.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


def test_only_the_discriminators_that_have_a_weight_are_there() -> None:
    assert {n.split(".")[0] for n in game(temporal_weight=0.0).state_dict()} == {"spatial"}
    assert {n.split(".")[0] for n in game(spatial_weight=0.0).state_dict()} == {"temporal"}


def test_discriminators_learn_to_tell_apart() -> None:
    judges = game(penalty_weight=0.1)
    optimizer = torch.optim.Adam(judges.parameters(), 2e-3, betas=(0.5, 0.9))
    grid = torch.linspace(0, 6, 32)
    real = (0.5 + 0.5 * torch.sin(grid + grid[:, None])).expand(2, *LAYOUT.shape)
    real = real + 0.05 * randn(*real.shape)
    made, judged = rand(2, *LAYOUT.shape, seed=5), torch.tensor([1, 2])
    figures = []
    for _ in range(10):
        optimizer.zero_grad()
        losses = judges.loss(made, real, judged)
        sum(losses.values()).backward()
        optimizer.step()
        figures.append({name: float(value.detach()) for name, value in losses.items()})
    for name in ("loss_spatial_discriminator", "loss_temporal_discriminator"):
        assert min(figure[name] for figure in figures) < 0.5 * figures[0][name]


def clip_set() -> MemoryClips:
    videos = (255 * rand(4, 1, 8, 32, 32, seed=8)).byte()
    return MemoryClips(videos, [0] * 4, ("any",))


def learn(
    folder: Path,
    settings: Stage1 = SETTINGS,
    clips: MemoryClips | None = None,
    device: str = "cpu",
) -> bytes:
    folder.mkdir(parents=True, exist_ok=True)
    fit_autoencoder(settings, clips or clip_set(), Run(folder, seed=3, device=device))
    return (folder / AUTOENCODER).read_bytes()


class Deadly(MemoryClips):
    """Clips whose reader is killed at its n-th batch."""

    left = 0

    def __getitem__(self, index: int) -> torch.Tensor:
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getitem__(index)


def die_at(folder: Path, step: int) -> None:
    """In a process of its own: train with discriminators, and be killed before a step."""
    clips = clip_set()
    deadly = Deadly(clips.videos, clips.labels, clips.classes)
    deadly.left = SETTINGS.autoencoder_batch * step
    learn(folder, SETTINGS, deadly)


def test_killed_between_checkpoints_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=die_at, args=(tmp_path / "killed", 5)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    kept = (tmp_path / "killed").rglob("*.pth")
    assert [path.name for path in kept] == ["step_000000004.pth"]
    whole = learn(tmp_path / "whole")
    assert learn(tmp_path / "killed") == whole
    with safe_open(tmp_path / "whole" / AUTOENCODER, framework="pt") as file:
        assert set(file.keys()) == set(Autoencoder(LAYOUT).state_dict())
    without = Stage1(**(SETTINGS.model_dump() | {"spatial_weight": 0, "temporal_weight": 0}))
    learn(tmp_path / "without", without)
    one, other = (Autoencoder(LAYOUT) for _ in range(2))
    load_weights(one, tmp_path / "whole" / AUTOENCODER)
    load_weights(other, tmp_path / "without" / AUTOENCODER)
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)  # the discriminators had a say


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("amp", ["off", "bf16", "fp16"])
def test_on_cuda_every_precision_learns(tmp_path: Path, amp: str) -> None:
    learn(tmp_path, Stage1(**(SETTINGS.model_dump() | {"amp": amp})), device="cuda:0")
    with safe_open(tmp_path / AUTOENCODER, framework="pt") as file:
        assert all(torch.isfinite(file.get_tensor(name)).all() for name in file.keys())  # noqa: SIM118


def test_discriminators_wait_for_their_step_and_draws_are_as_without_them() -> None:
    settings = {
        "clips": clip_set(),
        "batch_size": 2,
        "latent_shape": LAYOUT.latent_shape,
        "augment": Augmentation(0.0, 0.0),
        "seed": 1,
    }
    plain, watched = Clips(**settings), Clips(**settings, judged_from=FROM)
    assert ["judged" in watched(step) for step in (0, FROM - 1, FROM, FROM + 1)] == [
        False,
        False,
        True,
        True,
    ]
    assert "judged" not in plain(FROM)
    assert torch.equal(plain(FROM)["noise"], watched(FROM)["noise"])
    drawn = torch.cat([watched(step)["judged"] for step in range(FROM, 60)])
    assert set(drawn.tolist()) == set(range(1, 8))  # never frame 0, which is given


def test_before_their_step_the_loss_is_as_without_them() -> None:
    with seeded(0):
        model = Autoencoder(LAYOUT)
    batch = {"clips": rand(2, *LAYOUT.shape), "noise": randn(2, *LAYOUT.latent_shape)}
    with_them = stage1_loss(model, SETTINGS, game())
    names = set(stage1_loss(model, SETTINGS)(batch))
    assert set(with_them(batch)) == names
    played = set(with_them(batch | {"judged": torch.tensor([1, 2])})) - names
    assert played == {
        "made",
        *(f"loss_{n}_{w}" for n in ("spatial", "temporal") for w in ("adversarial", "features")),
    }


def test_discriminators_that_would_never_begin_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"adversarial_from \(7\) must be less than the 7"):
        Stage1(**(SETTINGS.model_dump() | {"adversarial_from": STEPS}))
    by_epochs = Stage1(**(SETTINGS.model_dump() | {"autoencoder_epochs": 1}))  # 2 steps
    with pytest.raises(DataError, match=r"adversarial_from \(3\) must be less than the 2 steps"):
        learn(tmp_path, by_epochs)


def test_frames_too_small_to_judge_are_refused() -> None:
    with pytest.raises(DataError, match="8 x 8 pixels, these have 4 x 16"):
        game(Layout((1, 8, 4, 16), spatial_factor=4))
