"""A convolution over time in every channel by itself, which starts as TSM's shift.

Lin, Gan and Han, "TSM: Temporal Shift Module for Efficient Video
Understanding", ICCV 2019, made learnable as TDN's reference code has it.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class LearnedShift(nn.Conv1d):
    """Mix each channel of a segment with the same channel of its two neighbours in time.

    At first one channel in ``shift_div`` takes its value from the next
    segment, as many from the one before, and the others keep theirs.
    Before the first and after the last segment there is zero.

    Args:
        channels: C.
        n_segments: T, the segments of a clip.
        shift_div: one channel in so many is shifted each way.
    """

    def __init__(self, channels: int, n_segments: int, shift_div: int = 8) -> None:
        super().__init__(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.n_segments = n_segments
        fold = channels // shift_div
        weight = torch.zeros(channels, 1, 3)
        weight[:fold, 0, 2] = 1
        weight[fold : 2 * fold, 0, 0] = 1
        weight[2 * fold :, 0, 1] = 1
        self.weight.data = weight

    def forward(self, x: Float[Tensor, "BT C H W"]) -> Float[Tensor, "BT C H W"]:
        """Segments of the clips of a batch, clip after clip; the same shape comes back."""
        # (T, H W) as a plane and a 3 x 1 kernel: several times as fast as a 3D convolution.
        planes = x.reshape(-1, self.n_segments, x.shape[1], x[0, 0].numel()).transpose(1, 2)
        mixed = F.conv2d(planes, self.weight[..., None], padding=(1, 0), groups=x.shape[1])
        return mixed.transpose(1, 2).reshape(x.shape)
