"""cINN keeps the contract, shares LDDM's stage 1, resumes in any stage, and says what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from generators.cinn.actnorm import ActNorm
from generators.cinn.generator import CINN
from generators.cinn.stage2 import FLOW
from generators.lddm.generator import LDDM
from generators.two_stage.stage1 import AUTOENCODER
from plugins import BenchError, Cancelled, DataError, PluginError, Run, TrainingError
from plugins.conformance import check_generator
from plugins.generator import Stills
from plugins.reproducible import seeded
from tests.generators.small_cinn import BY_CLASS, STAGE_1, TINY
from tests.generators.test_compile import use


@pytest.fixture(scope="module")
def fitted(clips, tmp_path_factory) -> tuple[CINN, Run]:
    run = Run(tmp_path_factory.mktemp("fitted"), seed=3)
    generator = CINN(**TINY)
    generator.fit(clips, run)
    return generator, run


def test_it_keeps_the_contract(clips, stills, tmp_path) -> None:
    findings = check_generator(CINN(**(TINY | BY_CLASS)), clips, stills, tmp_path)
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


def test_messages_name_it(fitted, stills) -> None:
    with pytest.raises(PluginError, match="'cinn': call fit or load"):
        CINN().sample(stills, 16)
    with pytest.raises(DataError, match=r"'cinn' learned from clips.*clip\.size = 32"):
        fitted[0].sample(Stills(torch.rand(2, 1, 64, 64), seeds=[1, 2]), 16)


def test_a_training_that_blows_up_says_what_to_change(clips, tmp_path) -> None:
    wild = CINN(**(TINY | {"flow_lr": 1e30, "clip_grad": None}))
    with pytest.raises(TrainingError, match=r"fit wild, flow: .*Lower flow_lr"):
        wild.fit(clips, Run(tmp_path, title="fit wild"))


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
