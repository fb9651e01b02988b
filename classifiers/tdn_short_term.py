"""TDN's short-term module: the changes between the five frames of a segment.

Wang et al., "TDN: Temporal Difference Networks for Efficient Action
Recognition", CVPR 2021, the short-term TDM of section 3.2, in the
form of the authors' code.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

N_FRAMES = 5
"""Frames of a segment; the middle one is the segment's image."""

Map = Float[Tensor, "M D h w"]
WiderMap = Float[Tensor, "M E h w"]


class ShortTermDifference(nn.Module):
    """The four changes of a segment at half size, through a stem and a first layer of their own.

    Args:
        width: channels of the stem.
        layer1: the residual layer that its maps go through, made like the image's.
    """

    def __init__(self, width: int, layer1: nn.Module) -> None:
        super().__init__()
        changes = 3 * (N_FRAMES - 1)
        self.conv = nn.Conv2d(changes, width, 7, stride=2, padding=3, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.layer1 = layer1

    def forward(self, windows: Float[Tensor, "M F 3 H W"]) -> tuple[Map, WiderMap]:
        """The maps before and after the first layer, of M windows of five frames.

        Both are half as large, in height and width, as the image's.
        """
        changes = (windows[:, 1:] - windows[:, :-1]).flatten(1, 2)
        x = self.bn(self.conv(F.avg_pool2d(changes, 2))).relu()
        before = F.max_pool2d(x, 3, stride=2, padding=1)
        return before, self.layer1(before)

    @torch.no_grad()
    def start_from(self, image_stem: nn.Conv2d) -> None:
        """Make the stem's weight of the image's: `inflated`."""
        self.conv.weight.copy_(inflated(image_stem.weight))


def inflated(weight: Float[Tensor, "D c k k"]) -> Float[Tensor, "D 12 k k"]:
    """The image stem's weight, averaged over its channels, for each of the changes' twelve."""
    return weight.mean(dim=1, keepdim=True).repeat(1, 3 * (N_FRAMES - 1), 1, 1)
