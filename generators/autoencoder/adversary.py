"""The game of stage 1: discriminators that learn to tell what the decoder makes from real clips."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Int64
from torch import Tensor, nn

from generators.autoencoder.adversarial_losses import (
    feature_matching,
    gradient_penalty,
    hinge_discriminator,
    hinge_generator,
)
from generators.autoencoder.discriminators import ClipDiscriminator, Judgement, PatchDiscriminator
from generators.autoencoder.layout import Layout
from generators.autoencoder.settings import AutoencoderSettings
from plugins.errors import DataError
from plugins.types import ClipBatch, ImageBatch

Judged = Int64[Tensor, " B"]

SMALLEST = 8
"""Pixels of the shortest side that a discriminator can judge."""


class Side(NamedTuple):
    """One discriminator's share in the game.

    Attributes:
        name: ``spatial`` or ``temporal``.
        weight: of its terms in the autoencoder's loss.
        network: the discriminator.
        view: what it is shown of clips.
    """

    name: str
    weight: float
    network: Callable[[Tensor], Judgement]
    view: Callable[[ClipBatch], Tensor]


class Discriminators(nn.Module):
    """The discriminators whose weight is above 0, and the losses of both sides.

    The spatial one sees one frame of each clip, never frame 0, which is
    given; the temporal one sees the clip whole.

    Args:
        settings: weights and widths.
        layout: of the autoencoder.

    Raises:
        DataError: the frames are too small.
    """

    def __init__(self, settings: AutoencoderSettings, layout: Layout) -> None:
        super().__init__()
        channels, _, *sides = layout.shape
        if min(sides) < SMALLEST:
            raise DataError(
                f"discriminators need frames of {SMALLEST} x {SMALLEST} pixels, these have "
                f"{sides[0]} x {sides[1]}: set clip.size, or spatial_weight and temporal_weight = 0"
            )
        self.settings, base = settings, settings.discriminator_base
        if settings.spatial_weight:
            self.spatial = PatchDiscriminator(channels, min(sides), base)
        if settings.temporal_weight:
            self.temporal = ClipDiscriminator(channels, base)

    def against(self, made: ClipBatch, real: ClipBatch, judged: Judged) -> dict[str, Tensor]:
        """What the autoencoder minimises: to be taken for real, with real clips' features.

        Args:
            made: (B, C, T, H, W), which gradients go to.
            real: of the same shape.
            judged: per clip the number of the frame that is shown singly.
        """
        terms = {}
        for name, weight, network, view in self._sides(judged):
            said = network(view(made))
            with torch.no_grad():
                wanted = network(view(real))
            terms[f"loss_{name}_adversarial"] = weight * hinge_generator(said.logits)
            if self.settings.feature_weight:
                matching = feature_matching(wanted.features, said.features)
                terms[f"loss_{name}_features"] = weight * self.settings.feature_weight * matching
        return terms

    def loss(self, made: ClipBatch, real: ClipBatch, judged: Judged) -> dict[str, Tensor]:
        """What the discriminators minimise.

        Args:
            made: (B, C, T, H, W), without gradients.
            real: of the same shape.
            judged: as in `against`.
        """
        terms = {}
        for name, _, network, view in self._sides(judged):
            penalised = name == "temporal" and self.settings.penalty_weight > 0
            if penalised:
                logits, penalty = _penalised(network, real)
                terms["loss_gradient_penalty"] = self.settings.penalty_weight * penalty
            else:
                logits = network(view(real)).logits
            made_logits = network(view(made)).logits
            terms[f"loss_{name}_discriminator"] = hinge_discriminator(logits, made_logits)
        return terms

    def _sides(self, judged: Judged) -> list[Side]:
        weights = {
            "spatial": self.settings.spatial_weight,
            "temporal": self.settings.temporal_weight,
        }
        views = {"spatial": lambda clips: frames(clips, judged), "temporal": lambda clips: clips}
        return [Side(n, w, getattr(self, n), views[n]) for n, w in weights.items() if w]


def frames(clips: ClipBatch, judged: Judged) -> ImageBatch:
    """One frame of each clip: (B, C, T, H, W) to (B, C, H, W)."""
    return clips[torch.arange(len(clips), device=clips.device), :, judged]


def _penalised(network: Callable[[Tensor], Judgement], real: ClipBatch) -> tuple[Tensor, Tensor]:
    """Logits of real clips and their gradient penalty.

    In full precision: a penalty is differentiated twice, and its small
    gradients would be lost.
    """
    with torch.autocast(real.device.type, enabled=False):
        clips = real.detach().requires_grad_()
        logits = network(clips).logits
        return logits, gradient_penalty(logits, clips)
