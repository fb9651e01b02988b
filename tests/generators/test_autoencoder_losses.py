"""Which losses stage 1 has, which of them a result names, and the KL against estimates."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.distributions import Normal

from generators.autoencoder import losses
from generators.autoencoder.adain import adain
from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.encoder import Posterior
from generators.autoencoder.perceptual import perceptual_loss
from generators.autoencoder.settings import STAGE_1
from generators.two_stage.stage1 import AUTOENCODER, fit_autoencoder, stage1_loss
from plugins import DataError, MemoryClips, Run
from plugins.reproducible import seeded
from plugins.weightfile import load_weights, read_notes, save_weights
from tests.generators.stage_1 import Stage1

TINY = {"base_channels": 8, "correlation": 1, "autoencoder_steps": 2, "autoencoder_batch": 2}


@pytest.fixture(autouse=True)
def no_weights_are_registered(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def clip_set() -> MemoryClips:
    generator = torch.Generator().manual_seed(1)
    videos = torch.randint(0, 256, (2, 1, 8, 32, 32), generator=generator, dtype=torch.uint8)
    return MemoryClips(videos, [0, 0], ("any",))


def test_kl_agrees_with_a_monte_carlo_estimate() -> None:
    generator = torch.Generator().manual_seed(2)
    mean = torch.randn(1, 2, 2, 2, 2, generator=generator)
    logvar = 0.5 * torch.randn(mean.shape, generator=generator)
    posterior = Posterior(mean, logvar)
    noise = torch.randn(200_000, *mean.shape[1:], generator=generator)
    z = posterior.draw(noise)
    q, p = Normal(mean, (0.5 * logvar).exp()), Normal(0.0, 1.0)
    ratios = (q.log_prob(z) - p.log_prob(z)).mean((1, 2, 3, 4))
    error = 4 * float(ratios.std()) / len(ratios) ** 0.5
    assert float(losses.kl(posterior)) == pytest.approx(float(ratios.mean()), abs=error)


def test_kl_is_zero_only_at_the_prior() -> None:
    zero = torch.zeros(1, 2, 1, 1, 1)
    assert float(losses.kl(Posterior(zero, zero))) == 0
    assert float(losses.kl(Posterior(zero + 2, zero))) == pytest.approx(2)  # m^2 / 2


def test_adain_with_statistics_0_and_1_leaves_normalised_features_alone() -> None:
    x = torch.randn(2, 3, 4, 5, 6, generator=torch.Generator().manual_seed(3), dtype=torch.double)
    x = x - x.mean((2, 3, 4), keepdim=True)
    x = x / x.var((2, 3, 4), correction=0, keepdim=True).sqrt()
    assert torch.allclose(adain(x, torch.zeros(1), torch.ones(1)), x, atol=1e-4)


def test_auto_is_named_as_soon_as_it_counts() -> None:
    assert Stage1().parameters()["perceptual"] == "auto"
    counted = Stage1(perceptual_weight=0.5)
    assert counted.parameters()["perceptual"] == "ms-ssim"
    assert Stage1(perceptual_weight=0.5, perceptual="lpips").perceptual == "lpips"
    assert counted.fresh().parameters() == counted.parameters()


def test_auto_is_lpips_where_its_weights_are_registered(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(
        "generators.autoencoder.settings.resolve", lambda kind: asked.append(kind) or "lpips"
    )
    assert Stage1().perceptual == "auto"
    assert asked == []  # without a weight, the machine's files are no part of the parameters
    named = Stage1(perceptual_weight=0.5).parameters()
    assert named["perceptual"] == "lpips"
    monkeypatch.undo()
    assert Stage1(**named).perceptual == "lpips"  # made again where there is no such file


def test_the_perceptual_loss_is_in_the_sum_under_its_name() -> None:
    settings = Stage1(**TINY, perceptual_weight=0.5)
    layout = settings.layout((1, 8, 32, 32))
    with seeded(0):
        model = Autoencoder(layout)
    generator = torch.Generator().manual_seed(4)
    batch = {
        "clips": torch.rand(2, *layout.shape, generator=generator),
        "noise": torch.randn(2, *layout.latent_shape, generator=generator),
    }
    with torch.no_grad():
        figures = stage1_loss(model, settings)(batch)
        made = model(batch["clips"], batch["noise"])[0].clips
    expected = 0.5 * perceptual_loss("ms-ssim")(made, batch["clips"])
    assert torch.allclose(figures["loss_ms-ssim"], expected)
    plain = stage1_loss(model, Stage1(**TINY))(batch)
    assert set(figures) - set(plain) == {"loss_ms-ssim"}


def test_lpips_without_its_weights_is_refused_but_what_was_learned_is_loaded(
    tmp_path: Path,
) -> None:
    lpips = Stage1(**TINY, perceptual_weight=0.5, perceptual="lpips")
    (tmp_path / "new").mkdir()
    with pytest.raises(DataError, match="vgg16"):
        fit_autoencoder(lpips, clip_set(), Run(tmp_path / "new", seed=1))
    fit_autoencoder(Stage1(**TINY), clip_set(), Run(tmp_path, seed=1))
    path = tmp_path / AUTOENCODER
    learned = Autoencoder(lpips.layout((1, 8, 32, 32)))
    load_weights(learned, path)
    notes = read_notes(path)
    save_weights(learned, path, notes | {"parameters": lpips.chosen(STAGE_1)})
    again = fit_autoencoder(lpips, clip_set(), Run(tmp_path, seed=1))
    for name, tensor in again.state_dict().items():
        assert torch.equal(tensor, learned.state_dict()[name])


def test_every_setting_that_changes_stage_1_is_kept_with_its_weights() -> None:
    speed_and_sampling = {"sample_batch", "sample_amp", "amp", "compile", "checkpoint_every"}
    assert set(Stage1.model_fields) - set(STAGE_1) <= speed_and_sampling
