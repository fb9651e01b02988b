"""The perceptual loss: MS-SSIM is its authors' formula, LPIPS is used where it is registered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from generators.autoencoder.ms_ssim import FLOOR, WEIGHTS, ms_ssim, scales
from generators.autoencoder.perceptual import perceptual_loss, resolve
from plugins.errors import DataError
from plugins.perceptual import LPIPS
from plugins.weights import Registry
from tests.plugins.small_weights import registry


def pictures(height: int, width: int, channels: int = 1, n: int = 2) -> tuple[Tensor, Tensor]:
    """Smooth textures, and the same with some noise."""
    generator = torch.Generator().manual_seed(height + width)
    coarse = torch.rand(n, channels, 6, 6, generator=generator)
    real = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")
    noise = 0.1 * torch.randn(real.shape, generator=generator)
    return (0.8 * real + 0.1 + noise).clamp(0, 1), real


def by_the_paper(x: Any, y: Any, n_scales: int) -> float:
    """Equations 1 to 7 for one channel, window by window, in float64."""
    taps = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(taps, taps) / taps.sum() ** 2
    weights = np.array(WEIGHTS[:n_scales]) / sum(WEIGHTS[:n_scales])
    value = 1.0
    for scale in range(n_scales):
        a, b = (np.lib.stride_tricks.sliding_window_view(i, (11, 11)) for i in (x, y))
        mean_a, mean_b = ((i * window).sum((-2, -1)) for i in (a, b))
        off_a, off_b = a - mean_a[..., None, None], b - mean_b[..., None, None]
        var_a, var_b, cov = (
            (window * product).sum((-2, -1)) for product in (off_a**2, off_b**2, off_a * off_b)
        )
        similar = (2 * cov + 0.03**2) / (var_a + var_b + 0.03**2)
        if scale == n_scales - 1:
            similar = similar * (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
        value *= similar.mean() ** weights[scale]
        h, w = x.shape[0] // 2, x.shape[1] // 2
        x, y = (i[: 2 * h, : 2 * w].reshape(h, 2, w, 2).mean((1, 3)) for i in (x, y))
    return value


@pytest.mark.parametrize(
    ("height", "width", "channels", "n_scales"),
    [(32, 32, 1, 2), (64, 48, 1, 3), (45, 67, 3, 3), (112, 112, 1, 4), (176, 190, 1, 5)],
)
def test_ms_ssim_equals_the_paper(height: int, width: int, channels: int, n_scales: int) -> None:
    assert scales(height, width) == n_scales
    made, real = pictures(height, width, channels)
    found = ms_ssim(made, real)
    for i in range(2):
        expected = np.mean(
            [
                by_the_paper(made[i, c].double().numpy(), real[i, c].double().numpy(), n_scales)
                for c in range(channels)
            ]
        )
        assert 0.3 < expected < 0.99
        assert found[i].item() == pytest.approx(expected, abs=2e-5)


def test_on_bright_flat_frames_rounding_stays_small() -> None:
    made, real = (0.95 + 0.01 * (x - 0.5) for x in pictures(64, 64))
    expected = by_the_paper(made[0, 0].double().numpy(), real[0, 0].double().numpy(), 3)
    assert ms_ssim(made, real)[0].item() == pytest.approx(expected, abs=1e-5)


def test_one_scale_is_the_ssim_of_a_reference_library() -> None:
    made, real = pictures(20, 21)
    assert scales(20, 21) == 1
    _, whole = structural_similarity_index_measure(
        made, real, data_range=1.0, reduction="none", return_full_image=True
    )
    expected = whole[..., 5:-5, 5:-5].mean((1, 2, 3))  # the rim is made of reflected pixels
    torch.testing.assert_close(ms_ssim(made, real), expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("side", [32, 64, 128, 256])
def test_more_distortion_is_a_larger_loss_at_every_size(side: int) -> None:
    real = pictures(side, side, n=1)[1][:, :, None].expand(-1, -1, 3, -1, -1)
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(0))
    loss = perceptual_loss("ms-ssim")
    found = [float(loss((real + s * noise).clamp(0, 1), real)) for s in (0, 0.02, 0.1, 0.5)]
    assert found[0] == pytest.approx(0, abs=1e-6)
    assert found == sorted(found)
    assert found[3] < 1


def test_loss_skips_frame_0_and_does_not_depend_on_the_batch() -> None:
    made, real = (x.view(4, 1, 3, 32, 32) for x in pictures(32, 32, n=12))
    loss = perceptual_loss("ms-ssim")
    alone = torch.stack([loss(made[i : i + 1], real[i : i + 1]) for i in range(4)])
    assert float(loss(made, real)) == pytest.approx(float(alone.mean()), abs=1e-6)
    changed = made.clone()
    changed[:, :, 0] = 1
    assert torch.equal(loss(changed, real), loss(made, real))


def test_gradient_is_that_of_finite_differences() -> None:
    made, real = (x.double() for x in pictures(32, 32, n=1))
    x = made.float().requires_grad_()
    ms_ssim(x, real.float()).sum().backward()
    assert x.grad is not None
    direction = x.grad.double() / x.grad.double().norm()
    ends = [
        by_the_paper((made + s * direction)[0, 0].numpy(), real[0, 0].numpy(), 2)
        for s in (1e-4, -1e-4)
    ]
    assert (ends[0] - ends[1]) / 2e-4 == pytest.approx(float(x.grad.norm()), rel=1e-3)


def test_frames_that_contradict_each_other_have_a_finite_gradient() -> None:
    real = pictures(64, 64)[1].float()
    made = (1 - real).requires_grad_()
    value = ms_ssim(made, real)
    assert (value >= FLOOR).all()
    value.sum().backward()
    assert made.grad is not None
    assert torch.isfinite(made.grad).all()
    for flat in (torch.zeros_like(real), torch.ones_like(real)):
        flat.requires_grad_()
        ms_ssim(flat, flat.detach()).sum().backward()
        assert flat.grad is not None
        assert torch.isfinite(flat.grad).all()


def test_a_few_steps_along_the_gradient_bring_the_frames_together() -> None:
    made, real = (x[:1, :, None].expand(-1, -1, 2, -1, -1) for x in pictures(32, 32))
    made = made.clone().requires_grad_()
    loss = perceptual_loss("ms-ssim")
    optimizer = torch.optim.Adam([made], lr=0.01)
    first = float(loss(made.detach(), real))
    for _ in range(30):
        optimizer.zero_grad()
        loss(made, real).backward()
        optimizer.step()
    assert float(loss(made.detach(), real)) < 0.3 * first


def test_autocast_changes_nothing() -> None:
    made, real = pictures(64, 64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = ms_ssim(made, real)
    assert found.dtype == torch.float32
    assert torch.equal(found, ms_ssim(made, real))


def test_too_small_or_too_short_clips_are_refused() -> None:
    loss = perceptual_loss("ms-ssim")
    small, short = torch.zeros(1, 1, 2, 10, 64), torch.zeros(1, 1, 1, 32, 32)
    with pytest.raises(DataError, match="10 x 64 pixels are smaller than its window of 11 x 11"):
        loss(small, small)
    with pytest.raises(DataError, match="one frame only"):
        loss(short, short)


def test_lpips_is_the_mean_over_frames_after_frame_0(tmp_path: Path) -> None:
    known = registry(tmp_path, "vgg")
    made, real = (x.view(2, 1, 3, 32, 32) for x in pictures(32, 32, n=6))
    made = made.clone().requires_grad_()
    loss = perceptual_loss("lpips", known)(made, real)
    expected = LPIPS("vgg", known).clips(made.detach(), real).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    assert loss > 0
    loss.backward()
    assert made.grad is not None
    assert made.grad[:, :, 1:].abs().max() > 0


def test_auto_is_lpips_only_where_vgg_is_registered(tmp_path: Path) -> None:
    none, other = Registry(folder=tmp_path, caches=()), registry(tmp_path / "a", "alex")
    assert resolve("auto", none) == "ms-ssim"
    assert resolve("lpips", none) == "lpips"
    with pytest.raises(DataError, match="bench weights add"):
        perceptual_loss("lpips", none)
    with pytest.raises(DataError, match="'vgg16-imagenet' is known"):
        resolve("auto", other)
    known = registry(tmp_path / "b", "vgg")
    assert resolve("auto", known) == "lpips"
    assert resolve("ms-ssim", known) == "ms-ssim"
