"""The diffusion process: what noise does to a latent, and what follows from Bayes' rule.

Written z_0 for a clean latent (the papers' x_0, which here is an image)
and z_t, t = 1..T, for a noisy one; t = 0 is no noise. Schedules are
float64. Sources: [L] Chen et al., the LDDM paper (MICCAI 2024), whose
equations 1 to 3 are [H]'s for latents, given frame 0; [H] Ho, Jain and
Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS 2020; [S]
Salimans and Ho, "Progressive Distillation for Fast Sampling of Diffusion
Models", ICLR 2022.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from generators.lddm.schedules import BETAS, ScheduleName

Prediction = Literal["noise", "v"]

Noisy = Float[Tensor, "B *latent"]
Times = Int[Tensor, " B"]


class Diffusion:
    """A forward process of T steps and what a network is to predict in it.

    Where a method takes t, it is one per sample, (B,), or one for all.

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
        self._tables: dict[tuple[torch.device, torch.dtype], Tensor] = {}

    def signal(self, t: Times | int, like: Noisy) -> Tensor | float:
        """alpha_t = sqrt(alphabar_t), to multiply ``like``."""
        return self._factor(0, t, like)

    def noise(self, t: Times | int, like: Noisy) -> Tensor | float:
        """sigma_t = sqrt(1 - alphabar_t), to multiply ``like``."""
        return self._factor(1, t, like)

    def log_snr(self, t: int) -> float:
        """lambda_t = log(alpha_t / sigma_t), half the logarithm of the signal-to-noise ratio.

        Infinite at t = 0, where there is no noise.
        """
        alphabar = float(self.alphabar[t])
        return 0.5 * (math.log(alphabar) - math.log1p(-alphabar)) if t else math.inf

    def add_noise(self, z0: Noisy, t: Times | int, epsilon: Noisy) -> Noisy:
        """z_t = sqrt(alphabar_t) z_0 + sqrt(1 - alphabar_t) epsilon [H, equation 4; L, 1]."""
        return self.signal(t, z0) * z0 + self.noise(t, z0) * epsilon

    def target(self, z0: Noisy, t: Times | int, epsilon: Noisy) -> Noisy:
        """What the network is to say: epsilon [H, eq. 14], or v = alpha epsilon - sigma z_0 [S, 4].

        For ``noise``, the mean squared error to it is the loss of [H], L_simple.
        """
        if self.prediction == "noise":
            return epsilon
        return self.signal(t, z0) * epsilon - self.noise(t, z0) * z0

    def clean_and_noise(self, zt: Noisy, t: Times | int, output: Noisy) -> tuple[Noisy, Noisy]:
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

    def _factor(self, which: int, t: Times | int, like: Noisy) -> Tensor | float:
        """alpha_t (0) or sigma_t (1), shaped to multiply ``like``.

        Looked up where ``like`` is: a GPU need not wait for t.
        """
        if isinstance(t, int):
            alphabar = float(self.alphabar[t])
            return math.sqrt(1 - alphabar if which else alphabar)
        place = (like.device, like.dtype)
        if place not in self._tables:
            both = torch.stack([self.alphabar.sqrt(), (1 - self.alphabar).sqrt()])
            self._tables[place] = both.to(like.dtype).to(like.device)
        per_sample = self._tables[place][which, t.to(like.device)]
        return per_sample.view((-1,) + (1,) * (like.ndim - 1))
