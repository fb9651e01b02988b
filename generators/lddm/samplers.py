"""From noise to a latent, by the name of the sampler and in any number of steps."""

from __future__ import annotations

from typing import Literal

from generators.lddm.ddim import sample_ddim
from generators.lddm.ddpm import sample_ddpm
from generators.lddm.diffusion import Diffusion, Noisy
from generators.lddm.dpm_solver import sample_dpm_solver
from generators.lddm.prediction import Network, Noise, predictor

SamplerName = Literal["ddim", "ddpm", "dpm-solver++"]


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
        sampler: ``ddim``, ``ddpm`` for ancestral sampling, or ``dpm-solver++``.
        eta: DDIM's share of fresh noise; 0 is deterministic given z_T.
        limit: largest absolute value of a predicted z_0; None: as it is.

    Returns:
        z_0, shaped like the noise.

    Raises:
        ValueError: there are more steps than the process has.
    """
    predict, times = predictor(network, diffusion, limit), descending(diffusion.steps, steps)
    if sampler == "ddpm":
        return sample_ddpm(predict, diffusion, noise, times)
    if sampler == "dpm-solver++":
        return sample_dpm_solver(predict, diffusion, noise, times)
    return sample_ddim(predict, diffusion, noise, times, eta)


def descending(total: int, steps: int) -> list[int]:
    """Times from T down to 0 in ``steps`` nearly equal strides (Song et al. 2021, appendix D.2).

    For all samplers. DPM-Solver++ can also be run in equal strides of
    log-SNR, which suits narrow distributions; for latents of unit variance
    it errs 8 times as much (exact answer, 20 steps, cosine schedule), for
    it spends steps where there is nearly nothing but noise, or nearly none.

    Raises:
        ValueError: there are more steps than the process has.
    """
    if not 1 <= steps <= total:
        raise ValueError(f"{steps} sampler steps; there can be 1 to {total}")
    return [round(total * i / steps) for i in range(steps, -1, -1)]
