"""LDDM keeps the contract, resumes in either stage, and says what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bench.conformance_data import simulated_clips
from generators.autoencoder.autoencoder import Autoencoder
from generators.lddm.denoiser import Denoiser
from generators.lddm.generator import LDDM
from generators.lddm.stage2 import DENOISER
from generators.two_stage.latents import LatentSet, Scale, encode_all
from generators.two_stage.stage1 import AUTOENCODER
from plugins import BenchError, Cancelled, DataError, MemoryClips, PluginError, Run, TrainingError
from plugins.conformance import check_generator
from plugins.generator import Stills
from plugins.run import Progress
from tests.generators.conftest import SIZE

TINY = {
    "autoencoder_steps": 6,
    "autoencoder_batch": 2,
    "base_channels": 8,
    "correlation": 1,
    "denoiser_steps": 6,
    "denoiser_batch": 4,
    "denoiser_width": 32,
    "denoiser_depth": 1,
    "denoiser_heads": 2,
    "sampler_steps": 3,
    "sample_batch": 2,
    "checkpoint_every": 2,
}


@pytest.fixture(scope="module")
def fitted(clips, tmp_path_factory) -> tuple[LDDM, Run]:
    run = Run(tmp_path_factory.mktemp("fitted"), seed=3)
    generator = LDDM(**TINY)
    generator.fit(clips, run)
    return generator, run


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {
            "head": "pixels",
            "correlation": 0,
            "prediction": "noise",
            "schedule": "linear",
            "sampler": "ddpm",
        },
        {
            "denoiser": "unet",
            "unet_levels": 2,
            "denoiser_width": 16,
            "denoiser_dropout": 0.1,
            "class_conditioning": True,
            "condition_drop": 0.2,
            "condition_noise": 0.1,
            "denoiser_weight_decay": 0.01,
            "denoiser_views": 1,
            "sampler": "dpm-solver++",
            "guidance": 2.0,
        },
    ],
    ids=["defaults", "paper", "everything"],
)
def test_it_keeps_the_contract(fields, clips, stills, tmp_path) -> None:
    findings = check_generator(LDDM(**(TINY | fields)), clips, stills, tmp_path)
    assert [f for f in findings if not f.passed] == []


@pytest.mark.parametrize("stage", ["autoencoder", "denoiser"])
def test_a_killed_fit_ends_with_the_same_bytes(stage, clips, fitted, tmp_path) -> None:
    """Stopped after 3 steps of a stage, with its checkpoint of step 2."""
    seen: list[Progress] = []

    def stop() -> bool:
        return False

    run = Run(tmp_path, seed=3, report=seen.append, cancelled=stop)
    stopping = replace(run, cancelled=lambda: any(p.stage == stage for p in seen))
    with pytest.raises(Cancelled):
        LDDM(**TINY).fit(clips, stopping)
    assert not (tmp_path / DENOISER).exists()
    assert (tmp_path / AUTOENCODER).exists() == (stage == "denoiser")
    LDDM(**TINY).fit(clips, run)
    for file in (AUTOENCODER, DENOISER):
        assert (tmp_path / file).read_bytes() == (fitted[1].folder / file).read_bytes()
    assert not (tmp_path / "checkpoints").exists()


def test_mixed_precision_trains_and_keeps_frame_0(clips, stills, tmp_path) -> None:
    generator = LDDM(**(TINY | {"amp": "bf16"}))
    generator.fit(clips, Run(tmp_path))
    sample = generator.sample(stills, 16)
    assert sample.dtype == torch.float32
    assert torch.equal(sample[:, :, 0], stills.images)


def test_load_samples_as_fit_does(fitted, stills) -> None:
    generator, run = fitted
    loaded = LDDM(**TINY)
    loaded.load(run)
    assert torch.equal(loaded.sample(stills, 16), generator.sample(stills, 16))


def test_fewer_frames_are_the_first_ones(fitted, stills) -> None:
    generator, _ = fitted
    assert torch.equal(generator.sample(stills, 5), generator.sample(stills, 16)[:, :, :5])


def test_sampler_fields_can_change_after_training(fitted, stills) -> None:
    other = LDDM(**(TINY | {"sampler": "ddpm", "sampler_steps": 5}))
    other.load(fitted[1])
    assert other.sample(stills, 16).shape == (3, 1, 16, SIZE, SIZE)


@pytest.mark.parametrize(
    ("fields", "named"),
    [({"latent_channels": 4}, "latent_channels"), ({"denoiser_width": 64}, "denoiser_width")],
)
def test_weights_of_another_configuration_are_refused(fields, named, clips, fitted) -> None:
    other = LDDM(**(TINY | fields))
    with pytest.raises(TrainingError, match=named):
        other.load(fitted[1])
    with pytest.raises(TrainingError, match=named):
        other.fit(clips, fitted[1])


def test_missing_weights_are_named(tmp_path) -> None:
    with pytest.raises(TrainingError, match=r"autoencoder\.safetensors"):
        LDDM().load(Run(tmp_path))


@pytest.mark.parametrize(
    ("shape", "n_frames", "named"),
    [
        ((1, 64, 64), 16, "clip.size = 32"),
        ((3, 32, 32), 16, "clip.channels = 1"),
        ((1, 32, 32), 17, "clip.frames"),
    ],
)
def test_other_images_are_refused_by_name(shape, n_frames, named, fitted) -> None:
    with pytest.raises(DataError, match=named):
        fitted[0].sample(Stills(torch.rand(2, *shape), seeds=[1, 2]), n_frames)


def test_nan_images_are_refused(fitted) -> None:
    with pytest.raises(DataError, match="NaN"):
        fitted[0].sample(Stills(torch.full((1, 1, SIZE, SIZE), torch.nan), seeds=[1]), 16)


def test_sampling_before_fitting_is_refused(stills) -> None:
    with pytest.raises(PluginError, match="fit or load"):
        LDDM().sample(stills, 16)


@pytest.mark.parametrize("stage", ["autoencoder", "denoiser"])
def test_a_training_that_blows_up_says_what_to_change(stage, clips, tmp_path) -> None:
    wild = LDDM(**(TINY | {f"{stage}_lr": 1e30, "clip_grad": None}))
    with pytest.raises(TrainingError, match=f"fit wild, {stage}: .*Lower {stage}_lr"):
        wild.fit(clips, Run(tmp_path, title="fit wild"))


@pytest.mark.parametrize("stage", ["autoencoder", "denoiser"])
def test_memory_that_runs_out_names_the_batch(stage, clips, tmp_path, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    module = {"autoencoder": Autoencoder, "denoiser": Denoiser}[stage]
    monkeypatch.setattr(module, "forward", full)
    with pytest.raises(TrainingError, match=f"fit big, {stage}: .*Lower {stage}_batch"):
        LDDM(**TINY).fit(clips, Run(tmp_path, title="fit big"))


@pytest.mark.parametrize(
    ("stage", "fields", "named"),
    [
        ("autoencoder", {"kl_weight": 1.0}, "kl_weight"),
        ("denoiser", {"schedule": "linear"}, "schedule"),
    ],
)
def test_a_checkpoint_of_another_configuration_is_refused(
    stage, fields, named, clips, tmp_path
) -> None:
    """In either stage, for a parameter that no weight's shape tells of."""

    def stop(progress: Progress) -> None:
        if progress.stage == stage and progress.step >= 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        LDDM(**TINY).fit(clips, Run(tmp_path, report=stop))
    with pytest.raises(TrainingError, match=f"step_.* belongs to another training: {named} is"):
        LDDM(**(TINY | fields)).fit(clips, Run(tmp_path))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"sampler_steps": 50, "diffusion_steps": 20}, "sampler_steps"),
        ({"guidance": 2.0}, "condition_drop"),
        ({"stem_stride": 4, "spatial_factor": 2}, "stem_stride"),
        ({"latent_chanels": 3}, "latent_channels"),
    ],
)
def test_fields_that_do_not_fit_are_refused_by_name(fields, named) -> None:
    with pytest.raises(BenchError, match=named):
        LDDM.configure(fields, "experiment.toml")


def test_clips_that_do_not_fit_are_refused_by_name(tmp_path) -> None:
    clips = MemoryClips(torch.zeros(2, 1, 16, 40, 40, dtype=torch.uint8), [0, 1], ("a", "b"))
    with pytest.raises(DataError, match="spatial_factor"):
        LDDM(**TINY).fit(clips, Run(tmp_path))


def test_latents_are_encoded_once_with_their_mirror_images(fitted, clips) -> None:
    autoencoder = fitted[0]._autoencoder
    latents = encode_all(autoencoder, clips, 4, "cpu", mirror=True)
    assert len(latents) == 2 * len(clips)
    assert torch.equal(latents.images[len(clips)], (clips[0][:, 0] * 255).round().byte().flip(-1))
    alone = autoencoder.encode(clips[1].flip(-1)[None]).mean
    assert torch.allclose(latents.mean[len(clips) + 1], alone[0], atol=1e-5)


def test_scaled_latents_have_unit_variance_per_channel() -> None:
    generator = torch.Generator().manual_seed(0)
    mean = 3 * torch.randn(500, 4, 2, 2, 2, generator=generator)
    mean += torch.arange(4.0).view(4, 1, 1, 1)
    images, labels = torch.zeros(500, 1, 8, 8).byte(), torch.arange(500)
    latents = LatentSet(mean, torch.full_like(mean, 4.0), images, labels)
    scale = Scale(4)
    scale.measure(latents)
    z, _, drawn = latents.draw(torch.arange(500), torch.randn(mean.shape, generator=generator))
    assert torch.equal(drawn, labels)
    normal = scale.normalise(z)
    assert torch.allclose(normal.mean((0, 2, 3, 4)), torch.zeros(4), atol=0.06)
    assert torch.allclose(normal.std((0, 2, 3, 4)), torch.ones(4), atol=0.04)
    assert torch.allclose(scale.restore(normal), z, atol=1e-4)


def test_a_vector_latent_goes_through_both_stages(clips, stills, tmp_path) -> None:
    generator = LDDM(**(TINY | {"latent": "vector", "latent_size": 12}))
    generator.fit(clips, Run(tmp_path))
    sample = generator.sample(stills, 16)
    other = generator.sample(replace(stills, seeds=[seed + 1 for seed in stills.seeds]), 16)
    assert torch.equal(sample[:, :, 0], stills.images)
    assert not torch.equal(sample, other)
    loaded = LDDM(**(TINY | {"latent": "vector", "latent_size": 12}))
    loaded.load(Run(tmp_path))
    assert torch.equal(loaded.sample(stills, 16), sample)


@pytest.mark.slow
def test_trained_it_beats_holding_the_image_and_samples_move(cache, tmp_path) -> None:
    """On clips that it has not seen; see the phantom's seed in bench.conformance_data."""
    everything = simulated_clips(cache, SIZE, n=40)
    pixels = torch.stack([(everything[i] * 255).round().byte() for i in range(40)])
    training = MemoryClips(pixels[:32], list(everything.labels)[:32], everything.classes)
    unseen = pixels[32:].float() / 255
    generator = LDDM(autoencoder_steps=300, denoiser_steps=200)
    generator.fit(training, Run(tmp_path, seed=1))
    made = generator.reconstruct(unseen).clips
    held = unseen[:, :, :1].expand_as(unseen)
    assert float((made - unseen).abs().mean()) < 0.9 * float((held - unseen).abs().mean())
    sample = generator.sample(Stills(unseen[:, :, 0], seeds=list(range(8))), 16)
    moved, real = (float((x - x[:, :, :1]).abs().mean()) for x in (sample, unseen))
    assert 0.5 * real < moved < 1.5 * real
