"""What every sampler asks of the network: the clean latent and the noise in a noisy one."""

from __future__ import annotations

from collections.abc import Callable

import torch

from generators.lddm.diffusion import Diffusion, Noisy, Times

Network = Callable[[Noisy, Times], Noisy]
"""From z_t and t (B,) to what ``Diffusion.prediction`` says."""

Predict = Callable[[Noisy, int], tuple[Noisy, Noisy]]
"""From z_t and t to z_0 and epsilon."""

Noise = Callable[[], Noisy]
"""z_T at first, and then the noise of each step that needs some."""


def predictor(network: Network, diffusion: Diffusion, limit: float | None = None) -> Predict:
    """A network's output as z_0 and epsilon, which together make up z_t.

    Args:
        network: trained in the process.
        diffusion: the process.
        limit: largest absolute value of a predicted z_0; None: as it is.
    """

    def predict(zt: Noisy, t: int) -> tuple[Noisy, Noisy]:
        times = torch.full((len(zt),), t, device=zt.device)
        z0, epsilon = diffusion.clean_and_noise(zt, t, network(zt, times))
        if limit is not None:
            z0 = z0.clamp(-limit, limit)
            epsilon = (zt - diffusion.signal(t, zt) * z0) / diffusion.noise(t, zt)
        return z0, epsilon

    return predict


def guided(conditional: Network, unconditional: Network, guidance: float) -> Network:
    """Classifier-free guidance: u + guidance (c - u), from what both networks say.

    Ho and Salimans, "Classifier-Free Diffusion Guidance", NeurIPS 2021
    workshop, equation 6 with guidance = 1 + w. Noise and v are linear in
    each other given z_t, so it holds for either. With 1 the unconditional
    network is not asked.
    """
    if guidance == 1:
        return conditional

    def network(zt: Noisy, t: Times) -> Noisy:
        without = unconditional(zt, t)
        return without + guidance * (conditional(zt, t) - without)

    return network
