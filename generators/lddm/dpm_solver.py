"""DPM-Solver++(2M): a second-order multistep solver of the probability flow.

Lu, Zhou, Bao, Chen, Li and Zhu, "DPM-Solver++: Fast Solver for Guided
Sampling of Diffusion Probabilistic Models", 2022 (arXiv 2211.01095) [P].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from generators.lddm.diffusion import Diffusion, Noisy
from generators.lddm.prediction import Noise, Predict


def sample_dpm_solver(
    predict: Predict, diffusion: Diffusion, noise: Noise, times: Sequence[int]
) -> Noisy:
    """z_s = sigma_s / sigma_t z_t - alpha_s (exp(-h) - 1) D [P, algorithm 2].

    h = lambda_s - lambda_t, and D looks ahead along the line through this
    step's z_0 and the one before: D = (1 + 1 / 2r) z_0 - 1 / 2r z_0', with
    r = h' / h. The first step has none before: D = z_0, which is DDIM. Nor
    does the last look ahead, where h is infinite and z_s is D itself.

    As deterministic as DDIM, at the same cost per step. With the exact answer
    for a Gaussian, 20 steps of the cosine schedule (50 of the linear) are as
    near the truth as 1000 of ancestral sampling.
    """
    zt = noise()
    before, h_before = None, 0.0
    for t, s in pairwise(times):
        z0, _ = predict(zt, t)
        if s == 0:
            return z0
        h = diffusion.log_snr(s) - diffusion.log_snr(t)
        ahead = h / (2 * h_before) * (z0 - before) if before is not None else 0.0
        alpha_s, sigma_s = diffusion.signal(s, zt), diffusion.noise(s, zt)
        zt = sigma_s / diffusion.noise(t, zt) * zt - alpha_s * math.expm1(-h) * (z0 + ahead)
        before, h_before = z0, h
    return zt
