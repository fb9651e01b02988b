"""cINN keeps the contract, shares LDDM's stage 1, resumes in any stage, and says what is wrong."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from generators.autoencoder.fit import AUTOENCODER
from generators.cinn.actnorm import ActNorm
from generators.cinn.generator import CINN
from generators.cinn.image_fit import IMAGES
from generators.cinn.latents import FLOW, Latents
from generators.cinn.prior import FlowPrior
from generators.lddm.generator import LDDM
from generators.two_stage.condition import UNKNOWN
from generators.two_stage.latents import LatentSet
from plugins import BenchError, Cancelled, DataError, PluginError, Run, TrainingError
from plugins.conformance import check_generator
from plugins.generator import Stills
from plugins.reproducible import seeded
from tests.generators.conftest import SIZE
from tests.generators.test_compile import use

STAGE_1 = {
    "autoencoder_steps": 4,
    "autoencoder_batch": 2,
    "base_channels": 8,
    "correlation": 1,
    "latent_size": 13,
    "checkpoint_every": 2,
}
TINY = STAGE_1 | {
    "flow_steps": 6,
    "flow_batch": 4,
    "flow_width": 16,
    "flow_blocks": 3,
    "flow_views": 1,
    "condition_size": 16,
    "sample_batch": 2,
}
EMBEDDED = {"condition": "image-autoencoder", "image_steps": 3, "image_batch": 2}
BY_CLASS = {"class_conditioning": True, "condition_drop": 0.2, "condition_noise": 0.1}


@pytest.fixture(scope="module")
def fitted(clips, tmp_path_factory) -> tuple[CINN, Run]:
    run = Run(tmp_path_factory.mktemp("fitted"), seed=3)
    generator = CINN(**TINY)
    generator.fit(clips, run)
    return generator, run


@pytest.fixture(scope="module")
def embedded(clips, tmp_path_factory) -> tuple[CINN, Run]:
    run = Run(tmp_path_factory.mktemp("embedded"), seed=3)
    generator = CINN(**(TINY | EMBEDDED | BY_CLASS))
    generator.fit(clips, run)
    return generator, run


def prior(**fields: Any) -> FlowPrior:
    settings = CINN(**(TINY | fields))
    with seeded(0):
        made = FlowPrior(settings, settings.layout((1, 16, SIZE, SIZE)), ("a", "b"))
        for parameter in made.flow.parameters():
            parameter.data.add_(0.1 * torch.randn_like(parameter))
    made.scale.shift.fill_(2.0)
    made.scale.factor.fill_(0.5)
    return made.eval()


def latents(n: int = 6) -> LatentSet:
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(n, 13, 1, 1, 1, generator=generator)
    images = torch.randint(0, 256, (n, 1, SIZE, SIZE), generator=generator).byte()
    return LatentSet(mean, 0.1 * mean.abs(), images, torch.arange(n) % 2)


def test_it_keeps_the_contract(clips, stills, tmp_path) -> None:
    findings = check_generator(CINN(**(TINY | BY_CLASS)), clips, stills, tmp_path)
    assert [f for f in findings if not f.passed] == []


@pytest.mark.slow
def test_with_an_image_autoencoder_it_keeps_the_contract(clips, stills, tmp_path) -> None:
    findings = check_generator(CINN(**(TINY | EMBEDDED)), clips, stills, tmp_path)
    assert [f for f in findings if not f.passed] == []


@pytest.mark.parametrize("stage", ["autoencoder", "flow"])
def test_a_killed_fit_ends_with_the_same_bytes(stage, clips, fitted, tmp_path) -> None:
    """Also what ActNorm took from the first batch, which comes before the checkpoint."""
    seen: list[str] = []
    run = Run(tmp_path, seed=3, report=lambda progress: seen.append(progress.stage))
    with pytest.raises(Cancelled):
        CINN(**TINY).fit(clips, replace(run, cancelled=lambda: stage in seen))
    assert (tmp_path / AUTOENCODER).exists() == (stage == "flow")
    assert not (tmp_path / FLOW).exists()
    again = CINN(**TINY)
    again.fit(clips, run)
    for file in (AUTOENCODER, FLOW):
        assert (tmp_path / file).read_bytes() == (fitted[1].folder / file).read_bytes()
    norms = [part for part in again._prior.modules() if isinstance(part, ActNorm)]
    assert len(norms) == 3
    assert all(bool(norm.initialised) for norm in norms)


def test_lddm_with_a_vector_shares_its_autoencoder_byte_for_byte(clips, fitted, tmp_path) -> None:
    lddm = LDDM(
        **STAGE_1,
        latent="vector",
        denoiser_steps=1,
        denoiser_batch=2,
        denoiser_width=32,
        denoiser_depth=1,
        denoiser_views=0,
    )
    lddm.fit(clips, Run(tmp_path, seed=3))
    theirs = (fitted[1].folder / AUTOENCODER).read_bytes()
    assert (tmp_path / AUTOENCODER).read_bytes() == theirs


def test_stage_1_and_the_budget_are_lddms_by_default() -> None:
    ours, theirs = CINN(), LDDM(latent="vector")
    shared = set(CINN.model_fields) & set(LDDM.model_fields) - {"condition_drop"}
    assert {name: getattr(ours, name) for name in shared} == {
        name: getattr(theirs, name) for name in shared
    }
    for what in ("steps", "epochs", "batch", "lr", "views", "augment"):
        assert getattr(ours, f"flow_{what}") == getattr(theirs, f"denoiser_{what}")


def test_stage_2_has_about_as_many_parameters_as_lddms() -> None:
    def size(generator: CINN | LDDM) -> int:
        made = generator.initial_prior(generator.layout((1, 16, 64, 64)), ())
        return sum(p.numel() for p in made.parameters())

    with seeded(0):
        assert size(CINN()) == pytest.approx(size(LDDM(latent="vector")), rel=0.05)


def test_load_samples_as_fit_does_and_samples_differ(fitted, stills) -> None:
    generator, run = fitted
    loaded = CINN(**TINY)
    loaded.load(run)
    sample = generator.sample(stills, 16)
    assert torch.equal(loaded.sample(stills, 16), sample)
    other = generator.sample(replace(stills, seeds=[seed + 1 for seed in stills.seeds]), 16)
    for one, another in zip(sample, other, strict=True):
        assert not torch.equal(one, another)
    assert torch.equal(other[:, :, 0], stills.images)


def test_temperature_can_change_after_training(fitted, stills) -> None:
    cold = CINN(**(TINY | {"temperature": 0.01}))
    cold.load(fitted[1])
    moved = replace(stills, seeds=[seed + 1 for seed in stills.seeds])

    def apart(generator: CINN) -> float:
        return float((generator.sample(stills, 16) - generator.sample(moved, 16)).abs().mean())

    assert 0 < apart(cold) < 0.2 * apart(fitted[0])


def test_the_frozen_encoder_is_the_learned_one_batch_statistics_included(embedded) -> None:
    """The flow's training, which follows, changes none of it."""
    generator, run = embedded
    learned = load_file(run.folder / IMAGES)
    kept = generator._prior.condition.encoder.state_dict()
    assert any("running_var" in name for name in kept)
    for name, tensor in kept.items():
        assert torch.equal(tensor, learned[f"encoder.{name}"]), name


def test_an_embedding_does_not_depend_on_its_batch_in_any_mode(embedded, stills) -> None:
    condition = embedded[0]._prior.condition.train()
    assert condition.training
    together = condition(stills.images)
    for i in range(len(stills)):
        assert torch.allclose(condition(stills.images[i : i + 1])[0], together[i], atol=1e-4)
    condition.eval()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"latent_size": 12}, "latent_size"),
        ({"flow_limit": None}, "flow_limit"),
        ({"flow_beta2": 0.9}, "flow_beta2"),
    ],
)
def test_weights_of_another_configuration_are_refused(fields, named, clips, fitted) -> None:
    other = CINN(**(TINY | fields))
    with pytest.raises(TrainingError, match=named):
        other.load(fitted[1])
    with pytest.raises(TrainingError, match=named):
        other.fit(clips, fitted[1])


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"latent": "grid"}, "use lddm for a grid"),
        ({"latent_size": 1}, "latent_size"),
        ({"flow_batch": 1}, "flow_batch"),
        ({"flow_halving_epochs": 6}, "set flow_epochs"),
        ({"image_perceptual_weight": 1.0}, "set perceptual to"),
        ({"flow_blcks": 3}, "flow_blocks"),
    ],
)
def test_fields_that_do_not_fit_are_refused_by_name(fields, named) -> None:
    with pytest.raises(BenchError, match=named):
        CINN.configure(fields, "experiment.toml")


def test_messages_name_it(fitted, embedded, stills) -> None:
    with pytest.raises(PluginError, match="'cinn': call fit or load"):
        CINN().sample(stills, 16)
    with pytest.raises(DataError, match=r"'cinn' learned from clips.*clip\.size = 32"):
        fitted[0].sample(Stills(torch.rand(2, 1, 64, 64), seeds=[1, 2]), 16)
    with pytest.raises(DataError, match="'cinn' learned with class_conditioning"):
        embedded[0].sample(replace(stills, classes=("normal",), labels=[0] * len(stills)), 16)


def test_a_training_that_blows_up_says_what_to_change(clips, tmp_path) -> None:
    wild = CINN(**(TINY | {"flow_lr": 1e30, "clip_grad": None}))
    with pytest.raises(TrainingError, match=r"fit wild, flow: .*Lower flow_lr"):
        wild.fit(clips, Run(tmp_path, title="fit wild"))


def test_a_latent_that_is_not_finite_is_an_error() -> None:
    model = prior()
    with torch.no_grad():
        next(part for part in model.modules() if isinstance(part, ActNorm)).shift[0] = torch.inf
        with pytest.raises(TrainingError, match=r"2 of 2 images.*flow_limit"):
            model.sample(torch.rand(2, 1, SIZE, SIZE), [1, 2])


def test_the_likelihood_is_of_the_latents_themselves() -> None:
    """log N(g; 0, I) + log |det dg/dz| over the whole way, scale included, by autograd."""
    model = prior()
    image, z = torch.rand(1, 1, SIZE, SIZE), latents(1).mean
    with torch.no_grad():
        seen = model.condition(image)
        log_prob = float(model.log_prob(z, image))
        figures = model.loss({"z": z, "images": image, "labels": torch.tensor([UNKNOWN])})

    def noise(vector: torch.Tensor) -> torch.Tensor:
        scaled = model.scale.normalise(vector.view(1, -1, 1, 1, 1)).flatten(1)
        g: torch.Tensor = model.flow(scaled, seen)[0][0]
        return g

    jacobian = torch.autograd.functional.jacobian(noise, z.flatten())
    density = torch.distributions.Normal(0.0, 1.0).log_prob(noise(z.flatten()).detach()).sum()
    due = float(density + torch.linalg.slogdet(jacobian)[1])
    d, log_factor = z.numel(), math.log(0.5)
    assert log_prob == pytest.approx(due, abs=1e-3)
    assert float(figures["loss"]) == pytest.approx(-(due + d * log_factor) / d, abs=1e-4)
    assert float(figures["bits"]) == pytest.approx(-due / (d * math.log(2)), abs=1e-4)


def test_a_latent_is_that_of_its_noise_alone() -> None:
    """Sampling and likelihood are of one flow: a sample's noise comes back."""
    model, images = prior(), torch.rand(2, 1, SIZE, SIZE)
    with torch.no_grad():
        z = model.sample(images, [5, 6], torch.tensor([0, 1]))
        seen = model.condition(images, torch.tensor([0, 1]))
        g = model.flow(model.scale.normalise(z).flatten(1), seen)[0]
    due = [torch.randn(13, generator=torch.Generator().manual_seed(seed)) for seed in (5, 6)]
    assert torch.allclose(g, torch.stack(due), atol=1e-4)


def test_gradients_reach_all_that_learns() -> None:
    model = prior(class_conditioning=True).train()
    settings = CINN(**TINY)
    sum(model.loss(Latents(latents(), settings, 5)(0)).values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().max()) > 0, name


def test_a_batch_follows_from_seed_and_step() -> None:
    settings = CINN(**(TINY | BY_CLASS))
    first, again = (Latents(latents(), settings, 5)(3) for _ in range(2))
    later = Latents(latents(), settings, 5)(4)
    assert set(first) == {"z", "images", "labels"}
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["z"], later["z"])


def test_classes_are_dropped_as_often_as_asked() -> None:
    settings = CINN(**(TINY | BY_CLASS | {"flow_batch": 500}))
    labels = Latents(latents(), settings, 5)(0)["labels"]
    assert 60 < int((labels == UNKNOWN).sum()) < 140
    never = CINN(**(TINY | {"flow_batch": 500}))
    assert int((Latents(latents(), never, 5)(0)["labels"] == UNKNOWN).sum()) == 0


def test_the_class_of_a_still_shapes_its_sample(embedded, stills) -> None:
    generator, _ = embedded
    one, other, unknown = (
        generator.sample(replace(stills, labels=[label] * len(stills)), 16)
        for label in (0, 1, None)
    )
    assert not torch.equal(one, other)
    assert not torch.equal(one, unknown)


@pytest.mark.slow
def test_what_cannot_be_compiled_gives_the_same(fitted, stills, monkeypatch) -> None:
    def refusing(_: Any, __: Any) -> Any:
        raise ValueError("no compiler here")

    use(refusing, monkeypatch)
    torch._dynamo.reset()
    other = CINN(**(TINY | {"compile": True}))
    other.load(fitted[1])
    with pytest.warns(RuntimeWarning, match="the flow runs uncompiled"):
        samples = other.sample(stills, 16)
    assert torch.equal(samples, fitted[0].sample(stills, 16))
    torch._dynamo.reset()


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"autoencoder\.safetensors"):
        CINN().load(Run(tmp_path))
