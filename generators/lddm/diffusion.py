"""The diffusion process: what noise does to a latent, and what follows from Bayes' rule.

Written z_0 for a clean latent (the papers' x_0, which here is an image)
and z_t, t = 1..T, for a noisy one; t = 0 is no noise. Schedules are
float64. Sources: [H] Ho, Jain and Abbeel, "Denoising Diffusion
Probabilistic Models", NeurIPS 2020; [N] Nichol and Dhariwal, "Improved
Denoising Diffusion Probabilistic Models", ICML 2021; [S] Salimans and Ho,
"Progressive Distillation for Fast Sampling of Diffusion Models", ICLR 2022.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

ScheduleName = Literal["linear", "cosine"]
Prediction = Literal["noise", "v"]

Noisy = Float[Tensor, "B *latent"]
Times = Int[Tensor, " B"]
Betas = Float64[Tensor, " T"]


def linear_betas(steps: int) -> Betas:
    """beta_t from 1e-4 to 0.02 at T = 1000 [H, section 4]; for another T, as much noise in all."""
    scale = 1000 / steps
    return torch.linspace(1e-4 * scale, 0.02 * scale, steps, dtype=torch.float64).clamp(max=0.999)


def cosine_betas(steps: int, offset: float = 0.008) -> Betas:
    """beta_t such that alphabar_t falls as a squared cosine [N, equation 17]."""
    t = torch.arange(steps + 1, dtype=torch.float64) / steps
    alphabar = torch.cos((t + offset) / (1 + offset) * math.pi / 2) ** 2
    return (1 - alphabar[1:] / alphabar[:-1]).clamp(max=0.999)


BETAS = {"linear": linear_betas, "cosine": cosine_betas}


class Diffusion:
    """A forward process of T steps and what a network is to predict in it.

    Attributes:
        steps: T.
        prediction: ``noise`` (epsilon) or ``v``.
        alphabar: (T + 1,), float64; alphabar_t = prod_(s<=t) (1 - beta_s)
            [H, equation 4], so alphabar_0 = 1.
    """

    def __init__(
        self, steps: int, schedule: ScheduleName = "cosine", prediction: Prediction = "v"
    ) -> None:
        self.steps, self.prediction = steps, prediction
        kept = torch.cumprod(1 - BETAS[schedule](steps), dim=0)
        self.alphabar = torch.cat([torch.ones(1, dtype=torch.float64), kept])

    def signal(self, t: Times, like: Noisy) -> Tensor:
        """alpha_t = sqrt(alphabar_t), shaped to multiply ``like``."""
        return _as_factor(self.alphabar[t.cpu()].sqrt(), like)

    def noise(self, t: Times, like: Noisy) -> Tensor:
        """sigma_t = sqrt(1 - alphabar_t), shaped to multiply ``like``."""
        return _as_factor((1 - self.alphabar[t.cpu()]).sqrt(), like)

    def add_noise(self, z0: Noisy, t: Times, epsilon: Noisy) -> Noisy:
        """z_t = sqrt(alphabar_t) z_0 + sqrt(1 - alphabar_t) epsilon [H, equation 4]."""
        return self.signal(t, z0) * z0 + self.noise(t, z0) * epsilon

    def target(self, z0: Noisy, t: Times, epsilon: Noisy) -> Noisy:
        """What the network is to say: epsilon [H, eq. 14], or v = alpha epsilon - sigma z_0 [S, 4].

        For ``noise``, the mean squared error to it is the loss of [H], L_simple.
        """
        if self.prediction == "noise":
            return epsilon
        return self.signal(t, z0) * epsilon - self.noise(t, z0) * z0

    def clean_and_noise(self, zt: Noisy, t: Times, output: Noisy) -> tuple[Noisy, Noisy]:
        """The z_0 and epsilon that a network's output stands for, given z_t.

        From epsilon: z_0 = (z_t - sigma epsilon) / alpha [H, eq. 15].
        From v: z_0 = alpha z_t - sigma v, epsilon = sigma z_t + alpha v [S, appendix D].
        """
        alpha, sigma = self.signal(t, zt), self.noise(t, zt)
        if self.prediction == "noise":
            return (zt - sigma * output) / alpha, output
        return alpha * zt - sigma * output, sigma * zt + alpha * output

    def posterior(self, zt: Noisy, z0: Noisy, t: int, s: int) -> tuple[Noisy, float]:
        """Mean and variance of q(z_s | z_t, z_0), s < t.

        [H, equations 6 and 7] with t - 1 replaced by any earlier s, which
        is what they become for the process that jumps from s to t with
        alpha_ts = alphabar_t / alphabar_s and beta_ts = 1 - alpha_ts.
        """
        bar_t, bar_s = float(self.alphabar[t]), float(self.alphabar[s])
        alpha_ts = bar_t / bar_s
        beta_ts = 1 - alpha_ts
        mean = (
            math.sqrt(bar_s) * beta_ts / (1 - bar_t) * z0
            + math.sqrt(alpha_ts) * (1 - bar_s) / (1 - bar_t) * zt
        )
        return mean, (1 - bar_s) / (1 - bar_t) * beta_ts


def _as_factor(per_sample: Tensor, like: Tensor) -> Tensor:
    shape = (-1,) + (1,) * (like.ndim - 1)
    return per_sample.to(like.device, like.dtype).view(shape)
