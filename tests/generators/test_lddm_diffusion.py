"""The diffusion process against its definition and against Bayes' rule."""

from __future__ import annotations

import math

import pytest
import torch

from generators.lddm.diffusion import Diffusion
from generators.lddm.schedules import BETAS, constant_betas, cosine_betas, linear_betas
from tests.generators.draws import randn


def test_schedules_are_the_published_ones() -> None:
    linear, cosine = linear_betas(1000), cosine_betas(1000)
    assert linear.dtype == cosine.dtype == torch.float64
    assert (float(linear[0]), float(linear[-1])) == pytest.approx((1e-4, 0.02))
    alphabar = torch.cumprod(1 - cosine, 0)
    f = [math.cos((t / 1000 + 0.008) / 1.008 * math.pi / 2) ** 2 for t in (0, 500)]
    assert float(alphabar[499]) == pytest.approx(f[1] / f[0], rel=1e-9)


@pytest.mark.parametrize("steps", [1, 10, 1000, 4000])
def test_a_constant_schedule_is_a_power(steps: int) -> None:
    """alphabar_t = a^(t / T), with the alphabar_T = a of DDPM's 1000 steps."""
    betas = constant_betas(steps)
    assert betas.dtype == torch.float64
    assert bool((betas == betas[0]).all())
    last = math.prod(1 - (1e-4 + (0.02 - 1e-4) * i / 999) for i in range(1000))
    alphabar = Diffusion(steps, "constant").alphabar
    t = torch.arange(steps + 1, dtype=torch.float64)
    assert torch.allclose(alphabar, last ** (t / steps), rtol=1e-9, atol=0)


@pytest.mark.parametrize("schedule", list(BETAS))
@pytest.mark.parametrize("steps", [10, 100, 1000])
def test_noise_grows_from_none_to_all(schedule, steps: int) -> None:
    alphabar = Diffusion(steps, schedule).alphabar
    assert alphabar.dtype == torch.float64
    assert float(alphabar[0]) == 1
    assert bool((alphabar.diff() < 0).all())
    assert 0 < float(alphabar[-1]) < 0.01


@pytest.mark.parametrize("schedule", list(BETAS))
def test_the_forward_process_preserves_variance(schedule) -> None:
    diffusion = Diffusion(1000, schedule)
    z0, epsilon = randn(1, 100_000, seed=1), randn(1, 100_000, seed=2)
    for t in (1, 300, 700, 1000):
        zt = diffusion.add_noise(z0, torch.tensor([t]), epsilon)
        assert float(zt.var()) == pytest.approx(1, abs=0.02)
        alpha, sigma = (
            diffusion.signal(torch.tensor([t]), z0),
            diffusion.noise(torch.tensor([t]), z0),
        )
        assert float(alpha**2 + sigma**2) == pytest.approx(1, abs=1e-6)


def test_one_jump_is_many_small_steps() -> None:
    """z_t of equation 4 has the mean factor and the variance of t steps of equation 2."""
    betas = linear_betas(50)
    factor, variance = 1.0, 0.0
    for beta in betas.tolist():
        factor, variance = factor * math.sqrt(1 - beta), variance * (1 - beta) + beta
    alphabar = float(Diffusion(50, "linear").alphabar[50])
    assert math.sqrt(alphabar) == pytest.approx(factor, rel=1e-9)
    assert 1 - alphabar == pytest.approx(variance, rel=1e-9)


@pytest.mark.parametrize(("t", "s"), [(2, 1), (500, 499), (1000, 999), (800, 300)])
def test_the_posterior_follows_from_bayes_rule(t: int, s: int) -> None:
    """By precisions: q(z_s | z_t, z_0) is proportional to q(z_t | z_s) q(z_s | z_0)."""
    diffusion = Diffusion(1000, "linear")
    bar_t, bar_s = float(diffusion.alphabar[t]), float(diffusion.alphabar[s])
    alpha = bar_t / bar_s
    precision = alpha / (1 - alpha) + 1 / (1 - bar_s)
    z0, zt = 0.7, -1.3
    mean = (math.sqrt(alpha) * zt / (1 - alpha) + math.sqrt(bar_s) * z0 / (1 - bar_s)) / precision
    got, variance = diffusion.posterior(
        torch.full((1, 1), zt, dtype=torch.float64),
        torch.full((1, 1), z0, dtype=torch.float64),
        t,
        s,
    )
    assert float(got) == pytest.approx(mean, rel=1e-9)
    assert variance == pytest.approx(1 / precision, rel=1e-9)


def test_one_step_of_the_posterior_is_ddpms() -> None:
    """Equations 6 and 7 of the paper, letter by letter."""
    betas, t = linear_betas(1000), 400
    diffusion = Diffusion(1000, "linear")
    beta, bar_t, bar_before = (
        float(betas[t - 1]),
        float(diffusion.alphabar[t]),
        float(diffusion.alphabar[t - 1]),
    )
    z0, zt = randn(1, 5, seed=3).double(), randn(1, 5, seed=4).double()
    expected = math.sqrt(bar_before) * beta / (1 - bar_t) * z0
    expected += math.sqrt(1 - beta) * (1 - bar_before) / (1 - bar_t) * zt
    mean, variance = diffusion.posterior(zt, z0, t, t - 1)
    assert torch.allclose(mean, expected)
    assert variance == pytest.approx((1 - bar_before) / (1 - bar_t) * beta)


@pytest.mark.parametrize("prediction", ["noise", "v"])
def test_a_perfect_prediction_gives_back_latent_and_noise(prediction) -> None:
    diffusion = Diffusion(1000, "cosine", prediction)
    z0, epsilon = randn(3, 2, 4, seed=5).double(), randn(3, 2, 4, seed=6).double()
    t = torch.tensor([1, 500, 900])
    zt = diffusion.add_noise(z0, t, epsilon)
    clean, noise = diffusion.clean_and_noise(zt, t, diffusion.target(z0, t, epsilon))
    assert torch.allclose(clean, z0, atol=1e-6)
    assert torch.allclose(noise, epsilon, atol=1e-6)


def test_v_is_the_rotation_of_signal_and_noise() -> None:
    """With alpha = cos(phi), sigma = sin(phi): v = d z_t / d phi (Salimans and Ho)."""
    diffusion = Diffusion(1000, "cosine", "v")
    z0, epsilon = randn(1, 4, seed=7).double(), randn(1, 4, seed=8).double()
    t = torch.tensor([600])
    phi, step = math.acos(math.sqrt(float(diffusion.alphabar[600]))), 1e-6

    def at(angle: float) -> torch.Tensor:
        return math.cos(angle) * z0 + math.sin(angle) * epsilon

    slope = (at(phi + step) - at(phi - step)) / (2 * step)
    assert torch.allclose(diffusion.target(z0, t, epsilon), slope, atol=1e-6)


@pytest.mark.parametrize("prediction", ["noise", "v"])
def test_one_time_for_all_is_the_same_as_one_for_each(prediction) -> None:
    diffusion = Diffusion(1000, "cosine", prediction)
    zt, output = randn(3, 2, 4, seed=9), randn(3, 2, 4, seed=10)
    for t in (1, 500, 1000):
        each = diffusion.clean_and_noise(zt, torch.full((3,), t), output)
        for one, other in zip(diffusion.clean_and_noise(zt, t, output), each, strict=True):
            assert torch.allclose(one, other, rtol=1e-6, atol=0)


def test_log_snr_is_that_of_the_schedule() -> None:
    diffusion = Diffusion(1000, "linear")
    for t in (1, 400, 1000):
        ratio = diffusion.alphabar[t].sqrt() / (1 - diffusion.alphabar[t]).sqrt()
        assert diffusion.log_snr(t) == pytest.approx(math.log(float(ratio)), rel=1e-9)
    assert diffusion.log_snr(0) == math.inf
