"""TDN's long-term module: what changes between segments says which channels matter.

Wang et al., "TDN: Temporal Difference Networks for Efficient Action
Recognition", CVPR 2021, the long-term TDM of section 3.3. Where the paper
leaves a choice, the authors' code is followed.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

Segments = Float[Tensor, "BT C H W"]


class LongTermDifference(nn.Module):
    """x + x * y, with y in (-0.5, 0.5) from the differences to the next and previous segment.

    Both directions share all weights, but each is normalised by itself,
    the forward one first, as in the authors' code (its first release
    read the forward branch again for the backward one; its later ones,
    and the paper, do not).

    Args:
        channels: C.
        n_segments: T, the segments of a clip.
        reduction: the differences are taken of C / ``reduction`` channels.
    """

    def __init__(self, channels: int, n_segments: int, reduction: int = 16) -> None:
        super().__init__()
        self.n_segments = n_segments
        few = max(1, channels // reduction)
        self.squeeze = _normalised(nn.Conv2d(channels, few, 1, bias=False))
        self.smooth = nn.Conv2d(few, few, 3, padding=1, groups=few, bias=False)
        self.coarse = _normalised(nn.Conv2d(few, few, 3, padding=1, bias=False))
        self.fine = _normalised(nn.Conv2d(few, few, 3, padding=1, bias=False))
        self.expand = _normalised(nn.Conv2d(few, channels, 1, bias=False))

    def forward(self, x: Segments) -> Segments:
        """Segments of the clips of a batch, clip after clip; the same shape comes back."""
        forward, backward = self.differences(x)
        y = 0.5 * (self.attention(forward) - 0.5) + 0.5 * (self.attention(backward) - 0.5)
        return x + x * y

    def differences(
        self, x: Segments
    ) -> tuple[Float[Tensor, "BT c H W"], Float[Tensor, "BT c H W"]]:
        """Smoothed neighbour less the segment itself: the next one, and the one before.

        The last segment has no next one and the first none before: zero.
        """
        own = self.squeeze(x)
        near = self.smooth(own).unflatten(0, (-1, self.n_segments))
        own = own.unflatten(0, (-1, self.n_segments))
        nothing = torch.zeros_like(own[:, :1])
        forward = torch.cat([near[:, 1:] - own[:, :-1], nothing], dim=1)
        backward = torch.cat([nothing, near[:, :-1] - own[:, 1:]], dim=1)
        return forward.flatten(0, 1), backward.flatten(0, 1)

    def attention(self, difference: Float[Tensor, "BT c H W"]) -> Segments:
        """The weight in (0, 1) of every channel and place, from three views of a difference."""
        size = difference.shape[-2:]
        # A side of one pixel cannot be halved: it stays as it is.
        halved = F.avg_pool2d(difference, [min(2, side) for side in size])
        coarse = F.interpolate(self.coarse(halved), list(size))
        views = (difference + coarse + self.fine(difference)) / 3
        return self.expand(views).sigmoid()


def _normalised(conv: nn.Conv2d) -> nn.Sequential:
    return nn.Sequential(conv, nn.BatchNorm2d(conv.out_channels))
