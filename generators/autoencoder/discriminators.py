"""The two judges of the cINN's stage 1: one looks at single frames, one at the whole clip.

Dorkenwald et al., CVPR 2021. Each gives logits, above 0 for real, and the
features on the way to them, which feature matching compares. GroupNorm
throughout, so that a clip's judgement does not depend on its batch.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn

from generators.autoencoder.encoder import BasicBlock, norm
from plugins.types import ClipBatch, ImageBatch

Logits = Float[Tensor, "B *places"]


class Judgement(NamedTuple):
    """What a discriminator says.

    Attributes:
        logits: (B, ...), above 0 for real.
        features: of each layer on the way, (B, D, ...).
    """

    logits: Logits
    features: list[Tensor]


class PatchDiscriminator(nn.Module):
    """PatchGAN: a logit per overlapping patch of an image.

    Isola et al., "Image-to-Image Translation with Conditional Adversarial
    Networks", CVPR 2017, appendix 6.1.2, where three halvings make patches of
    70 x 70 pixels; images below 32 pixels get fewer. Their BatchNorm is
    GroupNorm here.

    Args:
        channels: C.
        size: smallest side of the images, at least 8.
        base: channels of the first layer, theirs 64.
    """

    def __init__(self, channels: int, size: int, base: int) -> None:
        super().__init__()
        halvings = min(3, size.bit_length() - 3)
        widths = [base * min(2**i, 8) for i in range(halvings + 1)]
        first = nn.Conv2d(channels, base, 4, 2, 1)
        layers: list[nn.Module] = [nn.Sequential(first, nn.LeakyReLU(0.2))]
        for i, (before, after) in enumerate(pairwise(widths), 1):
            stride = 2 if i < halvings else 1
            layers.append(
                nn.Sequential(
                    nn.Conv2d(before, after, 4, stride, 1), norm(after), nn.LeakyReLU(0.2)
                )
            )
        self.layers = nn.ModuleList(layers)
        self.last = nn.Conv2d(widths[-1], 1, 4, 1, 1)

    def forward(self, images: ImageBatch) -> Judgement:
        """Judge images (B, C, H, W) in [0, 1]; the logits are (B, 1, h, w)."""
        h, features = 2 * images - 1, []
        for layer in self.layers:
            h = layer(h)
            features.append(h)
        return Judgement(self.last(h).float(), features)


class ClipDiscriminator(nn.Module):
    """A 3D ResNet-18 that gives one logit per clip.

    Stem and four stages of two basic blocks (He et al., CVPR 2016), as R3D-18
    (Tran et al., CVPR 2018), with GroupNorm; the features are those of the stages.

    Args:
        channels: C.
        base: channels of the stem, ResNet's 64.
    """

    def __init__(self, channels: int, base: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv3d(channels, base, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False),
            norm(base),
            nn.ReLU(),
        )
        stages: list[nn.Module] = []
        before = base
        for i, width in enumerate((base, 2 * base, 4 * base, 8 * base)):
            stride = (1, 1) if i == 0 else (2, 2)
            stages.append(
                nn.Sequential(BasicBlock(before, width, stride), BasicBlock(width, width, (1, 1)))
            )
            before = width
        self.stages = nn.ModuleList(stages)
        self.last = nn.Linear(before, 1)

    def forward(self, clips: ClipBatch) -> Judgement:
        """Judge clips (B, C, T, H, W) in [0, 1]; the logits are (B, 1)."""
        h, features = self.stem(2 * clips - 1), []
        for stage in self.stages:
            h = stage(h)
            features.append(h)
        return Judgement(self.last(h.mean((2, 3, 4))).float(), features)
