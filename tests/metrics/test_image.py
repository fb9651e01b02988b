from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from metrics.image import PSNR, SSIM, bench_metrics
from plugins import BenchError, Metric
from tests.metrics.support import figure, noise, translating

BOTH = [SSIM(), PSNR()]


def reference_ssim(x: np.ndarray, y: np.ndarray) -> float:
    """Wang et al. 2004, equation 13, written out window by window, in float64."""
    taps = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    w = np.outer(taps, taps) / taps.sum() ** 2
    c1, c2 = 0.01**2, 0.03**2
    values = []
    for i in range(x.shape[0] - 10):
        for j in range(x.shape[1] - 10):
            a, b = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            mu_a, mu_b = (w * a).sum(), (w * b).sum()
            var_a, var_b = (w * (a - mu_a) ** 2).sum(), (w * (b - mu_b) ** 2).sum()
            cov = (w * (a - mu_a) * (b - mu_b)).sum()
            values.append(
                (2 * mu_a * mu_b + c1)
                * (2 * cov + c2)
                / ((mu_a**2 + mu_b**2 + c1) * (var_a + var_b + c2))
            )
    return float(np.mean(values))


def pairs(real: Tensor, generated: Tensor) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each channel of each frame after frame 0, as float64 images."""
    return [
        (a.double().numpy(), b.double().numpy())
        for x, y in zip(real[:, :, 1:], generated[:, :, 1:], strict=True)
        for a, b in zip(x.flatten(0, 1), y.flatten(0, 1), strict=True)
    ]


@pytest.mark.parametrize("c", [1, 3])
def test_ssim_equals_its_definition(c: int) -> None:
    real, other = noise(2, c, t=3, size=18), noise(2, c, t=3, size=18, seed=1)
    generated = 0.8 * real + 0.2 * other
    expected = np.mean([reference_ssim(a, b) for a, b in pairs(real, generated)])
    assert figure(SSIM(), real=real, generated=generated) == pytest.approx(expected, abs=1e-5)


def test_ssim_of_frames_that_are_not_square() -> None:
    real, generated = noise(1, t=2, size=20)[..., :13], noise(1, t=2, size=20, seed=1)[..., :13]
    ((a, b),) = pairs(real, generated)
    value = figure(SSIM(), real=real, generated=generated)
    assert value == pytest.approx(reference_ssim(a, b), abs=1e-5)


def test_ssim_of_flat_frames() -> None:
    real = torch.full((1, 1, 2, 16, 16), 0.9)
    generated = torch.full_like(real, 0.8)
    expected = (2 * 0.72 + 1e-4) / (0.81 + 0.64 + 1e-4)
    assert figure(SSIM(), real=real, generated=generated) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("c", [1, 3])
def test_psnr_equals_its_definition(c: int) -> None:
    real, generated = noise(3, c), noise(3, c, seed=1)
    error = ((real - generated)[:, :, 1:].double() ** 2).mean((1, 3, 4))  # (B, T-1)
    expected = float((-10 * error.log10()).mean())
    assert figure(PSNR(), real=real, generated=generated) == pytest.approx(expected, abs=1e-4)


def test_psnr_of_a_known_offset() -> None:
    real = torch.full((2, 1, 3, 8, 8), 0.25)
    assert figure(PSNR(), real=real, generated=real + 0.1) == pytest.approx(20, abs=1e-4)


def test_equal_clips() -> None:
    clips = noise()
    assert figure(SSIM(), real=clips, generated=clips) == pytest.approx(1.0, abs=1e-6)
    cap = 10 * math.log10(12 * 255**2)
    assert figure(PSNR(), real=clips, generated=clips) == pytest.approx(cap, abs=5e-3)


def test_psnr_of_rounding_to_8_bits_is_about_the_cap() -> None:
    clips = noise(t=8, size=64)
    rounded = (clips * 255).round() / 255
    assert figure(PSNR(), real=clips, generated=rounded) == pytest.approx(58.92, abs=0.05)


@pytest.mark.parametrize("metric", BOTH, ids=repr)
def test_symmetric(metric: Metric) -> None:
    real, generated = noise(), noise(seed=1)
    there = figure(metric, real=real, generated=generated)
    assert figure(metric, real=generated, generated=real) == pytest.approx(there, rel=1e-6)


@pytest.mark.parametrize("metric", BOTH, ids=repr)
def test_frame_0_is_skipped(metric: Metric) -> None:
    real, generated = noise(), noise(seed=1)
    before = figure(metric, real=real, generated=generated)
    generated[:, :, 0] = real[:, :, 0]
    assert figure(metric, real=real, generated=generated) == before
    generated[:, :, 1] = real[:, :, 1]
    assert figure(metric, real=real, generated=generated) > before


@pytest.mark.parametrize("metric", BOTH, ids=repr)
def test_falls_as_noise_rises(metric: Metric) -> None:
    real = translating(0.5)
    error = noise(2, t=5, size=64)
    values = [
        figure(metric, real=real, generated=torch.lerp(real, error, strength))
        for strength in (0.05, 0.1, 0.2, 0.4)
    ]
    assert values == sorted(values, reverse=True)


@given(st.integers(0, 10**6), st.lists(st.integers(1, 4), max_size=3))
@settings(max_examples=10, deadline=None)
def test_batches_and_order_do_not_matter(seed: int, cuts: list[int]) -> None:
    real, generated = noise(5, t=3, size=12, seed=seed), noise(5, t=3, size=12, seed=seed + 1)
    order = torch.randperm(5, generator=torch.Generator().manual_seed(seed))
    sizes = np.diff([0, *sorted(set(cuts)), 5]).tolist()
    for metric in BOTH:
        whole = figure(metric, real=real, generated=generated)
        metric.reset()
        for x, y in zip(real[order].split(sizes), generated[order].split(sizes), strict=True):
            metric.update(real=x, generated=y)
        assert metric.compute() == pytest.approx(whole, rel=1e-6)


def test_one_clip_is_enough_and_its_mean_is_over_clips() -> None:
    real, generated = noise(2), noise(2, seed=1)
    single = [figure(PSNR(), real=real[i : i + 1], generated=generated[i : i + 1]) for i in (0, 1)]
    assert figure(PSNR(), real=real, generated=generated) == pytest.approx(np.mean(single))


CLIPS = noise(2)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("metric", BOTH, ids=repr)
@pytest.mark.parametrize(
    ("real", "generated", "message"),
    [
        (CLIPS, CLIPS * float("nan"), "generated clips: some values are NaN"),
        (CLIPS / 0, CLIPS, "real clips: some values are NaN or infinite"),
        (CLIPS, CLIPS * 2 - 1, r"generated clips: values from -.*; expected \[0, 1\]"),
        (CLIPS, (CLIPS * 255).byte(), "got uint8"),
        (CLIPS[0], CLIPS[0], r"expected a float tensor \(B, C, T, H, W\)"),
        (CLIPS[:0], CLIPS[:0], "the batch is empty"),
        (CLIPS[:1], CLIPS, "differ in shape"),
        (CLIPS, CLIPS[:, :, :-1], "differ in shape"),
        (CLIPS[:, :, :1], CLIPS[:, :, :1], "one frame only"),
        (CLIPS.repeat(1, 2, 1, 1, 1), CLIPS.repeat(1, 2, 1, 1, 1), "2 channels"),
    ],
)
def test_refuses(metric: Metric, real: Tensor, generated: Tensor, message: str) -> None:
    with pytest.raises(BenchError, match=message) as refusal:
        figure(metric, real=real, generated=generated)
    assert f"metric '{metric.name}'" in str(refusal.value)


def test_ssim_refuses_frames_smaller_than_its_window() -> None:
    with pytest.raises(BenchError, match="frames of 10 x 24 are smaller than its window"):
        figure(SSIM(), real=CLIPS[..., :10, :], generated=CLIPS[..., :10, :])


@pytest.mark.parametrize("metric", BOTH, ids=repr)
def test_refuses_nothing(metric: Metric) -> None:
    metric.reset()
    with pytest.raises(BenchError, match="no clips"):
        metric.compute()


def test_deterministic() -> None:
    torch.use_deterministic_algorithms(True)
    try:
        for metric in BOTH:
            values = {figure(metric, real=noise(), generated=noise(seed=1)) for _ in range(3)}
            assert len(values) == 1
    finally:
        torch.use_deterministic_algorithms(False)


def test_what_the_tables_need() -> None:
    assert [(m.name, m.title, m.unit) for m in bench_metrics()] == [
        ("ssim", "SSIM", ""),
        ("psnr", "PSNR", "dB"),
    ]
    for metric in bench_metrics():
        assert metric.reads == ("real", "generated")
        assert (metric.direction, metric.paired) == ("higher", True)
