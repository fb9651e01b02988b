"""DDIM: with eta 0, Euler steps along the probability flow.

Song, Meng and Ermon, "Denoising Diffusion Implicit Models", ICLR 2021 [D].
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from generators.lddm.diffusion import Diffusion, Noisy
from generators.lddm.prediction import Noise, Predict


def sample_ddim(
    predict: Predict, diffusion: Diffusion, noise: Noise, times: Sequence[int], eta: float = 0.0
) -> Noisy:
    """z_s = sqrt(abar_s) z_0 + sqrt(1 - abar_s - sd^2) epsilon + sd noise [D, equations 12, 16].

    Args:
        predict: z_0 and epsilon from z_t and t.
        diffusion: the process.
        noise: gives z_T and, where eta is above 0, each step's noise.
        times: from T down to 0.
        eta: share of fresh noise; 0 is deterministic given z_T, 1 is DDPM.
    """
    zt = noise()
    for t, s in pairwise(times):
        z0, epsilon = predict(zt, t)
        if s == 0:
            return z0
        bar_t, bar_s = float(diffusion.alphabar[t]), float(diffusion.alphabar[s])
        sd = eta * ((1 - bar_s) / (1 - bar_t) * (1 - bar_t / bar_s)) ** 0.5
        zt = bar_s**0.5 * z0 + (1 - bar_s - sd**2) ** 0.5 * epsilon
        if sd:
            zt = zt + sd * noise()
    return zt
