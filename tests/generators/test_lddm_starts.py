"""Both stages of LDDM learn from clips that start anywhere in their videos."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench.data import Cache, ClipSettings, VideoClips
from bench.data.phantom.dataset import Phantom
from generators.autoencoder.augmentation import Augmentation
from generators.lddm.generator import LDDM
from generators.lddm.stage2 import DENOISER
from generators.two_stage.latents import STARTS, encode_all
from generators.two_stage.stage1 import AUTOENCODER, Clips
from plugins import Cancelled, Run
from plugins.seeds import derive

TINY = {
    "autoencoder_steps": 3,
    "autoencoder_batch": 2,
    "base_channels": 8,
    "correlation": 1,
    "denoiser_steps": 3,
    "denoiser_batch": 4,
    "denoiser_width": 32,
    "denoiser_depth": 1,
    "denoiser_heads": 2,
    "checkpoint_every": 1,
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> VideoClips:
    """Clips of 8 frames, which videos of 16 frames hold in 9 places."""
    videos = Phantom(n_videos=4, n_images=2, size=32, seed=7).videos()
    settings = ClipSettings(frames=8, span=8, size=32)
    return VideoClips(videos, Cache(tmp_path_factory.mktemp("cache")), settings)


@pytest.fixture(scope="module")
def fitted(clips, tmp_path_factory) -> tuple[LDDM, Run]:
    run = Run(tmp_path_factory.mktemp("fitted"), seed=3)
    generator = LDDM(**TINY)
    generator.fit(clips, run)
    return generator, run


def test_stage_1_draws_a_start_for_every_clip_of_a_step(clips) -> None:
    assert clips.draws
    batches = Clips(clips, 4, (1, 1, 1, 1), Augmentation(0.0, 0.0), seed=9)
    for step in (0, 5):
        seeds = [derive(9, "start", step, i) for i in range(4)]
        due = clips.batch(batches._order(step), seeds)
        assert torch.equal(batches(step)["clips"], due)
        assert not torch.equal(due, clips.batch(batches._order(step)))


def test_clips_of_one_start_have_the_noise_they_had(clips) -> None:
    fixed = VideoClips(
        clips.records, clips._cache, clips.settings.model_copy(update={"start": "fixed"})
    )
    augment = Augmentation(0.5, 1.0)
    made = Clips(fixed, 3, (2, 1, 2, 2), augment, seed=9)(4)
    generator = torch.Generator().manual_seed(derive(9, "disturbance", 4))
    order = Clips(fixed, 3, (2, 1, 2, 2), augment, seed=9)._order(4)
    assert torch.equal(made["clips"], augment(fixed.batch(order), generator))
    assert torch.equal(made["noise"], torch.randn(3, 2, 1, 2, 2, generator=generator))


def test_stage_2_sees_every_clip_from_several_starts(clips, fitted) -> None:
    autoencoder, n = fitted[0]._autoencoder, len(clips)
    latents = encode_all(autoencoder, clips, 3, "cpu", mirror=True, seed=5)
    assert len(latents) == 2 * STARTS * n
    first = clips.draw(1, derive(5, "start", 0, False, 1))
    mirrored = clips.draw(1, derive(5, "start", 2, True, 1)).flip(-1)
    for at, clip in ((1, first), (5 * n + 1, mirrored)):
        assert torch.equal(latents.images[at], (clip[:, 0] * 255).round().byte())
        alone = autoencoder.encode(clip[None]).mean[0]
        assert torch.allclose(latents.mean[at], alone, atol=1e-5)
    assert len(latents.images[: n * STARTS : n].flatten(1).unique(dim=0)) > 1
    again = encode_all(autoencoder, clips, 2, "cpu", mirror=True, seed=5)
    assert torch.equal(again.images, latents.images)
    other = encode_all(autoencoder, clips, 3, "cpu", mirror=True, seed=6)
    assert not torch.equal(other.images, latents.images)


def test_clips_of_one_start_are_encoded_once(clips, fitted) -> None:
    fixed = VideoClips(
        clips.records, clips._cache, clips.settings.model_copy(update={"start": "fixed"})
    )
    latents = encode_all(fitted[0]._autoencoder, fixed, 3, "cpu", mirror=False, seed=5)
    assert len(latents) == len(clips)
    assert torch.equal(latents.images, (fixed.batch(range(4))[:, :, 0] * 255).round().byte())


def test_a_fit_that_is_stopped_draws_the_same_starts(clips, fitted, tmp_path: Path) -> None:
    for stage in ("autoencoder", "denoiser"):
        seen: list[str] = []
        run = Run(tmp_path / stage, seed=3)
        run.folder.mkdir()
        stopping = Run(
            run.folder,
            seed=3,
            report=lambda progress, seen=seen: seen.append(progress.stage),
            cancelled=lambda seen=seen, stage=stage: stage in seen,
        )
        with pytest.raises(Cancelled):
            LDDM(**TINY).fit(clips, stopping)
        LDDM(**TINY).fit(clips, run)
        for file in (AUTOENCODER, DENOISER):
            assert (run.folder / file).read_bytes() == (fitted[1].folder / file).read_bytes()
