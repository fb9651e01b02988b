"""From noise to a latent: ancestral sampling (DDPM) and DDIM, in any number of steps.

Sources: [H] Ho et al., NeurIPS 2020; [D] Song, Meng and Ermon, "Denoising
Diffusion Implicit Models", ICLR 2021.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from generators.lddm.diffusion import Diffusion, Noisy, Times

SamplerName = Literal["ddim", "ddpm"]
Network = Callable[[Noisy, Times], Noisy]
Noise = Callable[[], Noisy]


def sample(
    network: Network,
    diffusion: Diffusion,
    noise: Noise,
    steps: int,
    sampler: SamplerName = "ddim",
    *,
    eta: float = 0.0,
    limit: float | None = None,
) -> Noisy:
    """Run the process backwards from pure noise.

    Args:
        network: from z_t and t (B,) to what ``diffusion.prediction`` says.
        diffusion: the process that the network was trained in.
        noise: gives z_T first, and then the noise of each step that needs some.
        steps: network evaluations, 1 to T.
        sampler: ``ddim``, or ``ddpm`` for ancestral sampling.
        eta: DDIM's share of fresh noise; 0 is deterministic given z_T.
        limit: largest absolute value of a predicted z_0; None: as it is.

    Returns:
        z_0, shaped like the noise.
    """
    zt = noise()
    for t, s in pairs(diffusion.steps, steps):
        times = torch.full((len(zt),), t, device=zt.device)
        z0, epsilon = diffusion.clean_and_noise(zt, times, network(zt, times))
        if limit is not None:
            z0 = z0.clamp(-limit, limit)
            epsilon = _noise_given(zt, z0, times, diffusion)
        if s == 0:
            return z0
        if sampler == "ddpm":
            zt = ddpm_step(zt, z0, t, s, diffusion, noise)
        else:
            zt = ddim_step(z0, epsilon, t, s, diffusion, noise, eta)
    return zt


def pairs(total: int, steps: int) -> Iterator[tuple[int, int]]:
    """(t, s) from t = T down to s = 0 in ``steps`` nearly equal strides [D, appendix D.2].

    Raises:
        ValueError: there are more steps than the process has.
    """
    if not 1 <= steps <= total:
        raise ValueError(f"{steps} sampler steps; there can be 1 to {total}")
    times = [round(total * i / steps) for i in range(steps, -1, -1)]
    return pairwise(times)


def ddpm_step(zt: Noisy, z0: Noisy, t: int, s: int, diffusion: Diffusion, noise: Noise) -> Noisy:
    """z_s from q(z_s | z_t, z_0) with the predicted z_0 [H, algorithm 2, variance betatilde]."""
    mean, variance = diffusion.posterior(zt, z0, t, s)
    return mean + variance**0.5 * noise()


def ddim_step(
    z0: Noisy,
    epsilon: Noisy,
    t: int,
    s: int,
    diffusion: Diffusion,
    noise: Noise,
    eta: float,
) -> Noisy:
    """z_s = sqrt(abar_s) z_0 + sqrt(1 - abar_s - sd^2) epsilon + sd noise [D, equations 12, 16]."""
    bar_t, bar_s = float(diffusion.alphabar[t]), float(diffusion.alphabar[s])
    sd = eta * ((1 - bar_s) / (1 - bar_t) * (1 - bar_t / bar_s)) ** 0.5
    zs = bar_s**0.5 * z0 + (1 - bar_s - sd**2) ** 0.5 * epsilon
    return zs + sd * noise() if sd else zs


def _noise_given(zt: Noisy, z0: Noisy, t: Times, diffusion: Diffusion) -> Tensor:
    """epsilon that leads from z_0 to z_t."""
    return (zt - diffusion.signal(t, zt) * z0) / diffusion.noise(t, zt)
