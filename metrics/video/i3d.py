"""I3D, the RGB stream: the video classifier whose features FVD and DTFVD compare.

Source: Carreira and Zisserman, "Quo Vadis, Action Recognition? A New Model
and the Kinetics Dataset", CVPR 2017, figure 3: Inception-v1, its filters
inflated over time. Modules are named as in the public weight files, so that
the names in a file are the names here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from plugins.errors import BenchError

Triple = tuple[int, int, int]
"""Over time, height and width."""

WIDTH = 1024
"""Channels of the last layer, and so of the pooled features."""

STRIDE: Triple = (8, 32, 32)
"""Of the last layer against the clip."""

Widths = tuple[int, int, int, int, int, int]
"""Of an Inception module: 1 x 1, reduced and 3 x 3, reduced and 3 x 3, after the pool."""

MIXED: dict[str, tuple[int, Widths]] = {
    "Mixed_3b": (192, (64, 96, 128, 16, 32, 32)),
    "Mixed_3c": (256, (128, 128, 192, 32, 96, 64)),
    "Mixed_4b": (480, (192, 96, 208, 16, 48, 64)),
    "Mixed_4c": (512, (160, 112, 224, 24, 64, 64)),
    "Mixed_4d": (512, (128, 128, 256, 24, 64, 64)),
    "Mixed_4e": (512, (112, 144, 288, 32, 64, 64)),
    "Mixed_4f": (528, (256, 160, 320, 32, 128, 128)),
    "Mixed_5b": (832, (256, 160, 320, 32, 128, 128)),
    "Mixed_5c": (832, (384, 192, 384, 48, 128, 128)),
}
"""Input channels and widths of each module."""


def same_pads(size: Sequence[int], kernel: Sequence[int], stride: Sequence[int]) -> list[int]:
    """TensorFlow's padding SAME, in the order of `torch.nn.functional.pad`.

    The output has ceil(size / stride) places, and what must be added for that
    is halved between both ends; an odd one goes to the far end. So it depends
    on the size, which torch's own padding does not.
    """
    pads: list[int] = []
    for n, k, s in zip(size, kernel, stride, strict=True):
        added = max((math.ceil(n / s) - 1) * s + k - n, 0)
        pads = [added // 2, added - added // 2, *pads]
    return pads


def _padded(x: Tensor, kernel: Triple, stride: Triple) -> Tensor:
    pads = same_pads(x.shape[2:], kernel, stride)
    return F.pad(x, pads) if any(pads) else x


class MaxPool(nn.Module):
    """Max pooling with padding SAME; zeros may pad, since all inputs come from a ReLU."""

    def __init__(self, kernel: Triple, stride: Triple) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool3d(_padded(x, self.kernel, self.stride), self.kernel, self.stride)


class Unit3D(nn.Module):
    """Convolution with padding SAME, batch normalization, ReLU."""

    def __init__(
        self, channels: int, width: int, kernel: int = 1, stride: int = 1, eps: float = 1e-3
    ) -> None:
        super().__init__()
        self.kernel, self.stride = (kernel,) * 3, (stride,) * 3
        self.conv3d = nn.Conv3d(channels, width, self.kernel, self.stride, bias=False)
        self.bn = nn.BatchNorm3d(width, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn(self.conv3d(_padded(x, self.kernel, self.stride)))
        return F.relu(x, inplace=True)


class Inception(nn.Module):
    """Four branches side by side: 1 x 1, twice 1 x 1 then 3 x 3 x 3, a pool then 1 x 1."""

    def __init__(self, channels: int, widths: Widths, eps: float) -> None:
        super().__init__()
        self.b0 = Unit3D(channels, widths[0], eps=eps)
        self.b1a = Unit3D(channels, widths[1], eps=eps)
        self.b1b = Unit3D(widths[1], widths[2], 3, eps=eps)
        self.b2a = Unit3D(channels, widths[3], eps=eps)
        self.b2b = Unit3D(widths[3], widths[4], 3, eps=eps)
        self.b3a = MaxPool((3, 3, 3), (1, 1, 1))
        self.b3b = Unit3D(channels, widths[5], eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        branches = (
            self.b0(x),
            self.b1b(self.b1a(x)),
            self.b2b(self.b2a(x)),
            self.b3b(self.b3a(x)),
        )
        return torch.cat(branches, dim=1)


class Logits(nn.Module):
    """The classifier: a convolution of 1 x 1 x 1, here of one place."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(WIDTH, classes, 1)

    def forward(self, features: Tensor) -> Tensor:
        return self.conv3d(features[:, :, None, None, None]).flatten(1)


class I3D(nn.Module):
    """Inflated Inception-v1; always in evaluation mode, without gradients.

    Args:
        classes: of the classifier; 400 for Kinetics, 18 for DTDB.
        pool: window of the average pool, with stride 1: (2, 7, 7) for
            16 frames of 224 px; DTDB's network of 32 frames has
            (4, 7, 7).
        eps: of the batch normalization. 1e-3 is DeepMind's (Sonnet's
            default); VideoGPT's and cINN's copies of the network run with
            torch's 1e-5, which gives other features.
    """

    def __init__(self, classes: int = 400, pool: Triple = (2, 7, 7), eps: float = 1e-3) -> None:
        super().__init__()
        self.pool = pool
        trunk: list[tuple[str, nn.Module]] = [
            ("Conv3d_1a_7x7", Unit3D(3, 64, 7, 2, eps)),
            ("MaxPool3d_2a_3x3", MaxPool((1, 3, 3), (1, 2, 2))),
            ("Conv3d_2b_1x1", Unit3D(64, 64, eps=eps)),
            ("Conv3d_2c_3x3", Unit3D(64, 192, 3, eps=eps)),
            ("MaxPool3d_3a_3x3", MaxPool((1, 3, 3), (1, 2, 2))),
            *_mixed("3", eps),
            ("MaxPool3d_4a_3x3", MaxPool((3, 3, 3), (2, 2, 2))),
            *_mixed("4", eps),
            ("MaxPool3d_5a_2x2", MaxPool((2, 2, 2), (2, 2, 2))),
            *_mixed("5", eps),
        ]
        for name, layer in trunk:
            self.add_module(name, layer)
        self.trunk = tuple(name for name, _ in trunk)
        self.logits = Logits(classes)
        self.requires_grad_(False)
        self.eval()

    @property
    def smallest(self) -> Triple:
        """Frames, height and width of the smallest clip that still fills the average pool."""
        time, height, width = (s * (p - 1) + 1 for s, p in zip(STRIDE, self.pool, strict=True))
        return time, height, width

    def train(self, mode: bool = True) -> I3D:
        """Stay in evaluation mode: a feature must not depend on its batch."""
        return super().train(False)

    def pooled(self, clips: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B 1024"]:
        """Features after the average pool, mean over its places (one for 16 frames of 224 px).

        Args:
            clips: in [-1, 1], at least `smallest`.

        Raises:
            BenchError: smaller clips.
        """
        if any(n < least for n, least in zip(clips.shape[2:], self.smallest, strict=True)):
            raise BenchError(
                f"I3D: clips of {_measures(clips.shape[2:])} are too small; "
                f"it needs at least {_measures(self.smallest)}"
            )
        x = clips
        for name in self.trunk:
            x = self.get_submodule(name)(x)
        return F.avg_pool3d(x, self.pool, stride=1).mean((2, 3, 4))

    def forward(self, clips: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B K"]:
        """Logits, mean over time: those of the mean features, since the classifier is affine.

        Args:
            clips: in [-1, 1], at least `smallest`.

        Raises:
            BenchError: smaller clips.
        """
        return self.logits(self.pooled(clips))


def _mixed(stage: str, eps: float) -> list[tuple[str, nn.Module]]:
    return [
        (name, Inception(channels, widths, eps))
        for name, (channels, widths) in MIXED.items()
        if name.startswith(f"Mixed_{stage}")
    ]


def _measures(size: Sequence[int]) -> str:
    time, height, width = size
    return f"{time} frames of {height} x {width} pixels"
