"""The samplers: with the exact answer for a Gaussian they return that Gaussian."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from generators.lddm.diffusion import Diffusion
from generators.lddm.samplers import ddim_step, ddpm_step, pairs, sample
from generators.two_stage.noise import SeededNoise

MEAN = torch.tensor([1.0, -0.5], dtype=torch.float64)
COVARIANCE = torch.tensor([[0.6, 0.3], [0.3, 0.4]], dtype=torch.float64)
N = 10_000


def stream(n: int, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    return lambda: torch.randn(n, 2, dtype=torch.float64, generator=generator)


def exact(diffusion: Diffusion):
    """E[target | z_t] where z_0 ~ N(MEAN, COVARIANCE): linear regression in closed form."""

    def network(zt: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        bar = diffusion.alphabar[t[0]]
        alpha, sigma = bar.sqrt(), (1 - bar).sqrt()
        total = bar * COVARIANCE + (1 - bar) * torch.eye(2, dtype=torch.float64)
        away = torch.linalg.solve(total, (zt - alpha * MEAN).T).T
        z0 = MEAN + alpha * away @ COVARIANCE
        epsilon = sigma * away
        return diffusion.target(z0, t, epsilon)

    return network


@pytest.mark.parametrize(("schedule", "prediction"), [("linear", "noise"), ("cosine", "v")])
@pytest.mark.parametrize(
    ("sampler", "eta", "steps"),
    [("ddpm", 0.0, 250), ("ddim", 0.0, 60), ("ddim", 0.5, 100)],
)
def test_the_exact_answer_gives_the_gaussian(sampler, eta, steps, schedule, prediction) -> None:
    diffusion = Diffusion(1000, schedule, prediction)
    z = sample(exact(diffusion), diffusion, stream(N), steps, sampler, eta=eta)
    # Standard errors are up to 0.009; the rest is the error of finite steps.
    assert torch.allclose(z.mean(0), MEAN, atol=0.03)
    assert torch.allclose(torch.cov(z.T), COVARIANCE, atol=0.04)


def test_steps_run_from_the_last_to_zero() -> None:
    for total, steps in [(1000, 25), (1000, 1000), (7, 3), (5, 1)]:
        taken = list(pairs(total, steps))
        assert len(taken) == steps
        assert taken[0][0] == total
        assert taken[-1][1] == 0
        assert all(t > s for t, s in taken)
        assert all(a[1] == b[0] for a, b in pairwise(taken))


@pytest.mark.parametrize("steps", [0, 11])
def test_more_steps_than_there_are_is_refused(steps: int) -> None:
    with pytest.raises(ValueError, match="1 to 10"):
        list(pairs(10, steps))


def test_ancestral_is_ddim_with_eta_1() -> None:
    """Song et al., section 4.1: sigma of equation 16 with eta = 1 is DDPM's."""
    diffusion = Diffusion(1000, "linear")
    z0, epsilon = stream(4, 1)(), stream(4, 2)()
    zt = diffusion.add_noise(z0, torch.full((4,), 600), epsilon)
    one = ddpm_step(zt, z0, 600, 560, diffusion, stream(4, 3))
    other = ddim_step(z0, epsilon, 600, 560, diffusion, stream(4, 3), eta=1.0)
    assert torch.allclose(one, other, atol=1e-6)


def test_a_limit_bounds_what_is_predicted() -> None:
    diffusion = Diffusion(100, "cosine", "noise")
    z = sample(lambda zt, _: -100 * zt, diffusion, stream(8), 10, limit=2.0)
    assert bool((z.abs() == 2.0).all())


def test_noise_belongs_to_its_seed() -> None:
    together, alone = SeededNoise([3, 4], (2, 5)), SeededNoise([4], (2, 5))
    for _ in range(3):
        assert torch.equal(together()[1:], alone())
    first = SeededNoise([3, 3], (4,))()
    assert torch.equal(first[0], first[1])
