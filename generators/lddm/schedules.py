"""Noise schedules: beta_t for t = 1..T, float64.

Sources: [H] Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic
Models", NeurIPS 2020; [N] Nichol and Dhariwal, "Improved Denoising
Diffusion Probabilistic Models", ICML 2021.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from jaxtyping import Float64
from torch import Tensor

ScheduleName = Literal["linear", "cosine", "constant"]
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


def constant_betas(steps: int) -> Betas:
    """beta_t = beta for all t, with the alphabar_T that `linear_betas` has at T = 1000.

    alphabar_t = (1 - beta)^t, so beta = 1 - alphabar_T^(1/T).
    """
    log_alphabar = float(torch.log1p(-linear_betas(1000)).sum())
    return torch.full((steps,), -math.expm1(log_alphabar / steps), dtype=torch.float64)


BETAS = {"linear": linear_betas, "cosine": cosine_betas, "constant": constant_betas}
