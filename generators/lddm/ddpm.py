"""DDPM's ancestral sampling, also called the stochastic sampler.

Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models", NeurIPS
2020 [H]; the LDDM paper's equation 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from generators.lddm.diffusion import Diffusion, Noisy
from generators.lddm.prediction import Noise, Predict


def sample_ddpm(
    predict: Predict, diffusion: Diffusion, noise: Noise, times: Sequence[int]
) -> Noisy:
    """Draw z_s from q(z_s | z_t, z_0) with the predicted z_0, at each step [H, algorithm 2].

    The variance is betatilde [H, equation 7]. Most faithful with every
    step taken; with few it loses variance.
    """
    zt = noise()
    for t, s in pairwise(times):
        z0, _ = predict(zt, t)
        if s == 0:
            return z0
        mean, variance = diffusion.posterior(zt, z0, t, s)
        zt = mean + variance**0.5 * noise()
    return zt
