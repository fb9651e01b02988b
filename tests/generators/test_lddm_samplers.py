"""The samplers: with the exact answer for a Gaussian they return that Gaussian."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest
import torch

from generators.lddm.ddim import sample_ddim
from generators.lddm.ddpm import sample_ddpm
from generators.lddm.diffusion import Diffusion
from generators.lddm.dpm_solver import sample_dpm_solver
from generators.lddm.prediction import predictor
from generators.lddm.samplers import SamplerName, descending, sample
from generators.two_stage.noise import SeededNoise
from tests.generators.gaussian import COVARIANCE, MEAN, distribution, error, exact

N = 10_000
SAMPLERS = get_args(SamplerName)


def stream(n: int, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    return lambda: torch.randn(n, 2, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize(("schedule", "prediction"), [("linear", "noise"), ("cosine", "v")])
@pytest.mark.parametrize(
    ("sampler", "eta", "steps"),
    [("ddpm", 0.0, 200), ("ddim", 0.0, 60), ("ddim", 0.5, 100), ("dpm-solver++", 0.0, 20)],
)
def test_the_exact_answer_gives_the_gaussian(sampler, eta, steps, schedule, prediction) -> None:
    diffusion = Diffusion(1000, schedule, prediction)
    z = sample(exact(diffusion), diffusion, stream(N), steps, sampler, eta=eta)
    # Standard errors are up to 0.009; the rest is the error of finite steps.
    assert torch.allclose(z.mean(0), MEAN, atol=0.03)
    assert torch.allclose(torch.cov(z.T), COVARIANCE, atol=0.04)


@pytest.mark.parametrize(
    ("sampler", "eta", "steps"),
    [("ddpm", 0.0, 7), ("ddim", 0.0, 7), ("ddim", 0.7, 7), ("dpm-solver++", 0.0, 7)],
)
def test_the_distribution_by_impulses_is_the_one_that_is_sampled(sampler, eta, steps) -> None:
    """Few steps, whose error is large and the same in both."""
    diffusion = Diffusion(1000, "cosine", "v")
    z = sample(exact(diffusion), diffusion, stream(N), steps, sampler, eta=eta)
    mean, covariance = distribution(diffusion, sampler, steps, eta)
    assert torch.allclose(z.mean(0), mean, atol=0.03)
    assert torch.allclose(torch.cov(z.T), covariance, atol=0.03)


@pytest.mark.parametrize(
    ("schedule", "prediction", "few"), [("cosine", "v", 20), ("linear", "noise", 50)]
)
def test_the_second_order_solver_needs_few_steps(schedule, prediction, few) -> None:
    """As near the truth as all 1000 steps of DDPM, where DDIM and DDPM are far with as few."""
    diffusion = Diffusion(1000, schedule, prediction)
    ancestral = error(diffusion, "ddpm", 1000)
    assert ancestral < 0.007
    assert error(diffusion, "dpm-solver++", few) < 1.1 * ancestral
    assert error(diffusion, "ddim", few) > 5 * ancestral
    assert error(diffusion, "ddpm", few) > 10 * ancestral


@pytest.mark.parametrize(("sampler", "order"), [(sample_ddim, 1), (sample_dpm_solver, 2)])
def test_the_error_falls_with_the_order(sampler, order) -> None:
    """Against the exact flow of a Gaussian, which keeps every standardised coordinate."""
    diffusion = Diffusion(100_000, "cosine", "noise")
    variances, axes = torch.linalg.eigh(COVARIANCE)
    first, last, z = 80_000, 20_000, stream(5)()

    def spread(t: int) -> torch.Tensor:
        return (diffusion.alphabar[t] * variances + 1 - diffusion.alphabar[t]).sqrt()

    standard = (z - diffusion.alphabar[first].sqrt() * MEAN) @ axes / spread(first)
    due = diffusion.alphabar[last].sqrt() * MEAN + (standard * spread(last)) @ axes.T

    def distance(steps: int) -> float:
        times = [first - (first - last) * i // steps for i in range(steps + 1)]
        made = sampler(predictor(exact(diffusion), diffusion), diffusion, lambda: z, times)
        return float((made - due).abs().max())

    assert distance(80) < 0.01
    assert distance(40) / distance(80) == pytest.approx(2**order, rel=0.15)


def test_the_constant_schedule_ends_at_the_gaussian_too() -> None:
    assert error(Diffusion(1000, "constant", "noise"), "dpm-solver++", 1000) < 0.01


def test_steps_run_from_the_last_to_zero() -> None:
    for total, steps in [(1000, 25), (1000, 1000), (7, 3), (5, 1)]:
        times = descending(total, steps)
        assert len(times) == steps + 1
        assert (times[0], times[-1]) == (total, 0)
        assert all(t > s for t, s in pairwise(times))


@pytest.mark.parametrize("steps", [0, 11])
def test_more_steps_than_there_are_is_refused(steps: int) -> None:
    with pytest.raises(ValueError, match="1 to 10"):
        descending(10, steps)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("steps", [1, 2, 3, 10])
def test_any_number_of_steps_asks_the_network_so_often(sampler, steps: int) -> None:
    """And the last answer is returned as it is, for no noise is left at t = 0."""
    diffusion = Diffusion(10, "cosine", "noise")
    asked: list[int] = []

    def network(zt: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        asked.append(int(t[0]))
        return diffusion.noise(t, zt) * zt

    z = sample(network, diffusion, stream(3), steps, sampler)
    assert asked == descending(10, steps)[:-1]
    assert bool(torch.isfinite(z).all())


def test_ancestral_is_ddim_with_eta_1() -> None:
    """Song et al., section 4.1: sigma of equation 16 with eta = 1 is DDPM's."""
    diffusion = Diffusion(1000, "linear", "noise")
    predict, times = predictor(exact(diffusion), diffusion), [1000, 760, 720, 300, 0]
    one = sample_ddpm(predict, diffusion, stream(4, 3), times)
    other = sample_ddim(predict, diffusion, stream(4, 3), times, eta=1.0)
    assert torch.allclose(one, other, atol=1e-9)


def test_the_solvers_first_step_is_ddims() -> None:
    """Lu et al., section 4: of first order DPM-Solver++ is DDIM; two steps have no second one."""
    diffusion = Diffusion(1000, "cosine", "v")
    predict = predictor(exact(diffusion), diffusion)
    for times in ([1000, 0], [1000, 430, 0]):
        one = sample_dpm_solver(predict, diffusion, stream(4, 3), times)
        assert torch.allclose(one, sample_ddim(predict, diffusion, stream(4, 3), times), atol=1e-9)
    times = [1000, 700, 430, 0]
    one = sample_dpm_solver(predict, diffusion, stream(4, 3), times)
    assert not torch.allclose(one, sample_ddim(predict, diffusion, stream(4, 3), times), atol=1e-3)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_limit_bounds_what_is_predicted(sampler) -> None:
    diffusion = Diffusion(100, "cosine", "noise")
    z = sample(lambda zt, _: -100 * zt, diffusion, stream(8), 10, sampler, limit=2.0)
    assert bool((z.abs() == 2.0).all())


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("eta", [0.0, 0.5])
def test_a_sample_is_its_seeds_whatever_the_batch(sampler, eta) -> None:
    diffusion, seeds = Diffusion(1000, "cosine", "v"), [11, 12, 13]

    def made(chosen: list[int]) -> torch.Tensor:
        noise = SeededNoise(chosen, (2,))
        return sample(exact(diffusion), diffusion, lambda: noise().double(), 9, sampler, eta=eta)

    together = made(seeds)
    for i, seed in enumerate(seeds):
        assert torch.allclose(made([seed])[0], together[i], atol=1e-12)
        assert torch.equal(made(seeds[::-1])[2 - i], together[i])
    assert not torch.allclose(together[0], together[1], atol=1e-3)


def test_noise_belongs_to_its_seed() -> None:
    together, alone = SeededNoise([3, 4], (2, 5)), SeededNoise([4], (2, 5))
    for _ in range(3):
        assert torch.equal(together()[1:], alone())
    first = SeededNoise([3, 3], (4,))()
    assert torch.equal(first[0], first[1])
