"""Guidance, dropped conditions and classes, from the batch to the sample."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

import pytest
import torch

from generators.lddm.generator import LDDM
from generators.lddm.prediction import guided
from generators.lddm.prior import DiffusionPrior
from generators.lddm.stage2 import Latents, drop
from generators.two_stage.condition import UNKNOWN
from generators.two_stage.labels import learned_labels
from generators.two_stage.latents import STAGE, LatentSet, encode_all
from plugins import Cancelled, DataError, Run, TrainingError
from plugins.generator import Stills
from plugins.reproducible import seeded
from plugins.run import Progress
from tests.generators.conftest import SIZE

TINY = {
    "autoencoder_steps": 2,
    "autoencoder_batch": 2,
    "base_channels": 8,
    "correlation": 1,
    "denoiser_steps": 2,
    "denoiser_batch": 4,
    "denoiser_width": 32,
    "denoiser_depth": 1,
    "denoiser_heads": 2,
    "sampler_steps": 3,
}
BY_CLASS = TINY | {"class_conditioning": True, "condition_drop": 0.2}


@pytest.fixture(scope="module")
def by_class(clips, tmp_path_factory) -> tuple[LDDM, Run]:
    run = Run(tmp_path_factory.mktemp("by_class"), seed=3)
    generator = LDDM(**BY_CLASS)
    generator.fit(clips, run)
    return generator, run


def prior(**fields: object) -> DiffusionPrior:
    settings = LDDM(**(TINY | fields))
    with seeded(0):
        return DiffusionPrior(settings, settings.layout((1, 16, SIZE, SIZE)), ("a", "b")).eval()


def latents(n: int = 6) -> LatentSet:
    generator = torch.Generator().manual_seed(0)
    mean = torch.randn(n, 8, 4, 2, 2, generator=generator)
    images = torch.randint(0, 256, (n, 1, SIZE, SIZE), generator=generator).byte()
    return LatentSet(mean, 0.1 * mean.abs(), images, torch.arange(n) % 2)


def test_guidance_is_the_papers_equation() -> None:
    """(1 + w) c - w u with w = guidance - 1 (Ho and Salimans, equation 6)."""
    z, t = torch.randn(2, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([5, 5])
    network = guided(lambda z, _: z + 1, lambda z, _: 2 * z, 3.5)
    assert torch.allclose(network(z, t), 3.5 * (z + 1) - 2.5 * 2 * z, atol=1e-6)
    nothing = guided(lambda z, _: z + 1, lambda z, _: 2 * z, 0.0)
    assert torch.allclose(nothing(z, t), 2 * z)


@torch.no_grad()
def test_guidance_1_is_no_guidance_bit_for_bit() -> None:
    images, labels = torch.rand(2, 1, SIZE, SIZE), torch.tensor([0, 1])
    plain = prior().sample(images, [1, 2], labels)
    assert torch.equal(prior(condition_drop=0.2).sample(images, [1, 2], labels), plain)
    stronger = prior(condition_drop=0.2, guidance=3.0).sample(images, [1, 2], labels)
    assert not torch.allclose(stronger, plain, atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "dpm-solver++"])
def test_guidance_0_sees_neither_image_nor_class(sampler: str) -> None:
    network = prior(condition_drop=0.2, guidance=0.0, sampler=sampler)
    images = torch.rand(2, 1, SIZE, SIZE)
    one = network.sample(images, [1, 2], torch.tensor([0, 1]))
    assert torch.equal(network.sample(1 - images, [1, 2], torch.tensor([1, 0])), one)


@torch.no_grad()
@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "dpm-solver++"])
@pytest.mark.parametrize("network", ["transformer", "unet"])
def test_a_guided_latent_does_not_depend_on_its_batch(network: str, sampler: str) -> None:
    model = prior(
        condition_drop=0.2, guidance=2.0, sampler=sampler, denoiser=network, unet_levels=2
    )
    images, labels = torch.rand(3, 1, SIZE, SIZE), torch.tensor([0, 1, UNKNOWN])
    together = model.sample(images, [5, 6, 7], labels)
    for i in range(3):
        alone = model.sample(images[i : i + 1], [5 + i], labels[i : i + 1])
        assert torch.allclose(alone[0], together[i], atol=1e-4)


def test_conditions_are_dropped_as_often_as_asked() -> None:
    chance = (torch.arange(1000) + 0.5) / 1000
    dropped, labels = drop(chance, torch.ones(1000, dtype=torch.long), 0.1)
    assert int(dropped.sum()) == 100
    assert int((labels == UNKNOWN).sum()) == 200
    assert bool((labels[dropped] == UNKNOWN).all())
    dropped, labels = drop(chance, torch.ones(1000, dtype=torch.long), 0.0)
    assert not dropped.any()
    assert bool((labels == 1).all())


def test_a_batch_follows_from_seed_and_step() -> None:
    settings = LDDM(**(BY_CLASS | {"condition_noise": 0.2}))
    first, again = (Latents(latents(), settings, 5)(3) for _ in range(2))
    other, later = Latents(latents(), settings, 6)(3), Latents(latents(), settings, 5)(4)
    assert set(first) == {"z", "images", "labels", "dropped", "t", "epsilon"}
    for name, value in first.items():
        assert torch.equal(again[name], value)
    for name in ("z", "images", "epsilon"):
        assert not torch.equal(other[name], first[name])
        assert not torch.equal(later[name], first[name])


def test_noise_on_the_condition_is_bounded_and_leaves_the_rest() -> None:
    clean = Latents(latents(), LDDM(**TINY), 5)
    noisy = Latents(latents(), LDDM(**(TINY | {"condition_noise": 0.2})), 5)
    levels = []
    for step in range(8):
        one, other = clean(step), noisy(step)
        assert all(torch.equal(one[k], other[k]) for k in one if k != "images")
        assert float(other["images"].min()) >= 0
        assert float(other["images"].max()) <= 1
        inside = (one["images"] > 0.4) & (one["images"] < 0.6)  # hardly cut off at 0 and 1
        levels += [
            float((b - a)[mask].std())
            for a, b, mask in zip(one["images"], other["images"], inside, strict=True)
        ]
    assert max(levels) < 0.22
    assert max(levels) > 0.15
    assert min(levels) < 0.05


def test_a_set_that_stays_on_the_device_gives_the_same_loss() -> None:
    """There a batch says only what to read, and the loss reads it."""
    model, settings = prior(**BY_CLASS), LDDM(**BY_CLASS)
    here, there = (Latents(latents(), settings, 5) for _ in range(2))
    there._on_cpu = False
    assert "z" not in there(2)
    torch.testing.assert_close(
        model.loss(there.filled(there(2))), model.loss(here(2)), rtol=0, atol=0
    )
    assert not latents().fits("cpu")
    assert latents(1).nbytes == 2 * 128 * 4 + SIZE**2 + 8


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_cuda_device_the_set_stays_there(clips, tmp_path) -> None:
    small = latents()
    assert small.fits("cuda:0")
    near = Latents(small.to("cuda:0"), LDDM(**TINY), 5)
    batch = {name: value.to("cuda:0") for name, value in near(2).items()}
    due = Latents(small, LDDM(**TINY), 5)(2)
    for name, value in near.filled(batch).items():
        assert torch.allclose(value.cpu(), due[name], atol=1e-6)
    LDDM(**TINY).fit(clips, Run(tmp_path, device="cuda:0"))


def test_the_loss_ignores_a_dropped_image_and_class() -> None:
    model = prior(**BY_CLASS)
    batch = Latents(latents(), LDDM(**BY_CLASS), 5)(0)
    unseen = {"dropped": torch.ones(4, dtype=torch.bool), "labels": torch.full((4,), UNKNOWN)}
    other = {"images": 1 - batch["images"]}
    seen = {"dropped": torch.zeros(4, dtype=torch.bool)}
    assert torch.equal(
        model.loss(batch | unseen)["loss"], model.loss(batch | unseen | other)["loss"]
    )
    assert not torch.equal(
        model.loss(batch | seen)["loss"], model.loss(batch | seen | other)["loss"]
    )


def test_labels_are_read_only_where_the_class_is_a_condition() -> None:
    assert not LDDM().reads_labels
    assert LDDM(class_conditioning=True).reads_labels
    stills = Stills(torch.rand(2, 1, 4, 4), [1, 2], [0, 1], ("a", "b"))
    assert stills.shown_to(LDDM()).labels == [None, None]
    assert stills.shown_to(LDDM(class_conditioning=True)).labels == [0, 1]


def test_the_class_of_a_still_shapes_its_sample(by_class, stills) -> None:
    generator, run = by_class
    one, other, unknown = (
        generator.sample(replace(stills, labels=[label] * len(stills)), 16)
        for label in (0, 1, None)
    )
    assert not torch.equal(one, other)
    assert not torch.equal(one, unknown)
    loaded = LDDM(**BY_CLASS)
    loaded.load(run)
    assert torch.equal(loaded.sample(replace(stills, labels=[1] * len(stills)), 16), other)


def test_classes_are_learned_by_name(by_class, stills) -> None:
    generator, _ = by_class
    n, names = len(stills), stills.classes
    due = generator.sample(replace(stills, labels=[1] * n), 16)
    turned = replace(stills, labels=[0] * n, classes=names[::-1])
    assert torch.equal(generator.sample(turned, 16), due)


def test_a_class_that_was_not_learned_is_refused(by_class, stills) -> None:
    generator, _ = by_class
    n = len(stills)
    with pytest.raises(DataError, match="of class 'normal'"):
        generator.sample(replace(stills, labels=[0] * n, classes=("normal",)), 16)
    with pytest.raises(DataError, match="of class '7'"):
        generator.sample(replace(stills, labels=[7] * n), 16)


def test_an_unknown_class_must_have_been_learned() -> None:
    stills = Stills(torch.rand(2, 1, 4, 4), [1, 2], [0, None], ("a", "b"))
    assert learned_labels("lddm", stills, ("b", "a"), True).tolist() == [1, UNKNOWN]
    assert (
        learned_labels("lddm", replace(stills, labels=()), ("a",), True).tolist() == [UNKNOWN] * 2
    )
    assert learned_labels("lddm", stills, (), False).tolist() == [UNKNOWN] * 2
    with pytest.raises(DataError, match="condition_drop above 0"):
        learned_labels("lddm", stills, ("a", "b"), False)


def test_weights_of_other_classes_are_refused(by_class, clips) -> None:
    renamed = copy(clips)
    renamed.classes = ("x", "y")
    with pytest.raises(TrainingError, match="classes is"):
        LDDM(**BY_CLASS).fit(renamed, by_class[1])


def test_a_unet_too_deep_is_refused_before_anything_is_trained(clips, tmp_path) -> None:
    with pytest.raises(DataError, match="unet_levels = 3 or less"):
        LDDM(**(TINY | {"denoiser": "unet", "unet_levels": 4})).fit(clips, Run(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_views_are_the_clips_own_whatever_the_batch(by_class, clips) -> None:
    autoencoder = by_class[0]._autoencoder
    few, many = (
        encode_all(autoencoder, clips, n, "cpu", mirror=False, seed=5, views=2) for n in (1, 3)
    )
    n = len(clips)
    assert len(few) == 3 * n
    assert torch.equal(few.images, many.images)
    assert torch.allclose(few.mean, many.mean, atol=1e-5)
    assert few.labels.tolist() == 3 * list(clips.labels)
    plain = encode_all(autoencoder, clips, 3, "cpu", mirror=False, seed=5)
    assert torch.equal(plain.images, many.images[:n])
    assert not torch.equal(many.images[n : 2 * n], plain.images)
    assert not torch.equal(many.images[n : 2 * n], many.images[2 * n :])


def test_encoding_tells_its_progress_and_can_be_stopped(by_class, clips, tmp_path) -> None:
    autoencoder, seen = by_class[0]._autoencoder, []
    run = Run(tmp_path, report=seen.append)
    encode_all(autoencoder, clips, 2, "cpu", mirror=True, run=run)
    ends = [min(i + 2, len(clips)) for i in range(0, len(clips), 2)]
    done = ends + [len(clips) + end for end in ends]
    assert [(p.step, p.total, p.stage) for p in seen] == [(i, 2 * len(clips), STAGE) for i in done]

    def stop(progress: Progress) -> None:
        raise Cancelled(progress.stage)

    with pytest.raises(Cancelled):
        encode_all(autoencoder, clips, 2, "cpu", mirror=True, run=replace(run, report=stop))
