"""The two sides of the game between decoder and discriminators, as in the cINN's stage 1."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from generators.autoencoder.discriminators import Logits
from plugins.types import ClipBatch


def hinge_discriminator(real: Logits, made: Logits) -> Tensor:
    """E[max(0, 1 - D(real))] + E[max(0, 1 + D(made))], halved.

    Lim and Ye, "Geometric GAN", 2017, equation 8; halved as is usual, so that
    a discriminator that says 0 has loss 1.
    """
    return 0.5 * (F.relu(1 - real).mean() + F.relu(1 + made).mean())


def hinge_generator(made: Logits) -> Tensor:
    """-E[D(made)] (Lim and Ye, equation 9)."""
    return -made.mean()


def feature_matching(real: Sequence[Tensor], made: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of a discriminator's features, averaged over its layers.

    Wang et al., "High-Resolution Image Synthesis and Semantic Manipulation
    with Conditional GANs", CVPR 2018, equation 4. The real clip's features
    are the goal: no gradient goes to them.
    """
    differences = [
        (m.float() - r.detach().float()).abs().mean() for r, m in zip(real, made, strict=True)
    ]
    return torch.stack(differences).mean()


def gradient_penalty(logits: Logits, clips: ClipBatch) -> Tensor:
    """R1: half the squared norm of the gradient of each clip's mean logit, averaged over clips.

    Mescheder, Geiger and Nowozin, "Which Training Methods for GANs do
    actually Converge?", ICML 2018, equation 9, with gamma = 1.
    Differentiable again: its own gradient trains the discriminator.

    Args:
        logits: of the clips.
        clips: real ones, with ``requires_grad``.
    """
    total = logits.flatten(1).mean(1).sum()
    (gradient,) = torch.autograd.grad(total, clips, create_graph=True)
    return 0.5 * gradient.square().flatten(1).sum(1).mean()
