"""A Gaussian target, for which the best prediction is known in closed form."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from generators.lddm.diffusion import Diffusion
from generators.lddm.samplers import SamplerName, sample

MEAN = torch.tensor([1.0, -0.5], dtype=torch.float64)
COVARIANCE = torch.tensor([[0.6, 0.3], [0.3, 0.4]], dtype=torch.float64)


def exact(diffusion: Diffusion) -> Callable[[Tensor, Tensor], Tensor]:
    """E[target | z_t] where z_0 ~ N(MEAN, COVARIANCE): linear regression."""

    def network(zt: Tensor, t: Tensor) -> Tensor:
        bar = diffusion.alphabar[t[0]]
        alpha, sigma = bar.sqrt(), (1 - bar).sqrt()
        total = bar * COVARIANCE + (1 - bar) * torch.eye(2, dtype=torch.float64)
        away = torch.linalg.solve(total, (zt - alpha * MEAN).T).T
        z0 = MEAN + alpha * away @ COVARIANCE
        epsilon = sigma * away
        return diffusion.target(z0, t, epsilon)

    return network


class Impulses:
    """In place of noise: nothing in row 0; in each other row a 1, once, in one draw and axis."""

    def __init__(self, draws: int) -> None:
        self._draws, self._count = draws, 0

    def __call__(self) -> Tensor:
        """(1 + 2 draws, 2)."""
        drawn = torch.zeros(1 + 2 * self._draws, 2, dtype=torch.float64)
        if self._count < self._draws:
            drawn[1 + 2 * self._count : 3 + 2 * self._count] = torch.eye(2, dtype=torch.float64)
        self._count += 1
        return drawn


def distribution(
    diffusion: Diffusion, sampler: SamplerName, steps: int, eta: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Mean and covariance of what a sampler returns, without sampling.

    With the exact prediction a sample is affine in all its noise: what no
    noise gives is the mean, and each draw's impulses give its share of
    the covariance.
    """
    draws = steps if sampler == "ddpm" or eta else 1
    z = sample(exact(diffusion), diffusion, Impulses(draws), steps, sampler, eta=eta)
    mean, columns = z[0], z[1:] - z[0]
    return mean, columns.T @ columns


def error(diffusion: Diffusion, sampler: SamplerName, steps: int, eta: float = 0.0) -> float:
    """Largest error of the mean and the covariance."""
    mean, covariance = distribution(diffusion, sampler, steps, eta)
    return max(float((mean - MEAN).abs().max()), float((covariance - COVARIANCE).abs().max()))
