"""What a latent is conditioned on: frame 0 and, optionally, the class of its video.

Either can be missing, for a training with dropped conditions (Ho and
Salimans, "Classifier-Free Diffusion Guidance", 2021) and for an image of
unknown class: what is missing adds nothing to the prior's features.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from generators.autoencoder.pyramid import ImagePyramid
from plugins.types import ImageBatch

Labels = Int[Tensor, " B"]
Dropped = Bool[Tensor, " B"]
Vector = Float[Tensor, "B e"]
Map = Float[Tensor, "B _ _ _"]

UNKNOWN = -1
"""The label of an image of unknown class."""


class Seen(NamedTuple):
    """The condition as features, read once for a sample.

    Attributes:
        vector: (B, e), of the whole image and of the class.
        maps: by image stride, (B, E, H / stride, W / stride) of the image.
    """

    vector: Vector
    maps: dict[int, Map]


class Condition(nn.Module):
    """Reads frame 0 and the class.

    Args:
        channels: C of the image.
        spatial_factor: image pixels per latent cell along an axis.
        widths: channels at that stride, and at each stride twice the one before.
        n_classes: K; 0 reads no class.
    """

    def __init__(
        self, channels: int, spatial_factor: int, widths: list[int], n_classes: int = 0
    ) -> None:
        super().__init__()
        strides, narrower = _towards(spatial_factor, widths[0])
        self.strides = [spatial_factor << level for level in range(len(widths))]
        self.image = ImagePyramid(channels, [*strides, *self.strides], [*narrower, *widths])
        self.n_classes = n_classes
        if n_classes:
            self.of_class = nn.Linear(n_classes, widths[0], bias=False)

    def forward(
        self, images: ImageBatch, labels: Labels | None = None, dropped: Dropped | None = None
    ) -> Seen:
        """Features of images (B, C, H, W) in [0, 1], of classes, or of nothing where dropped.

        Args:
            images: frame 0.
            labels: class indices, `UNKNOWN` where there is none; None: all unknown.
            dropped: images that are not to be seen.
        """
        pyramid = self.image(images)
        maps = {stride: pyramid[stride] for stride in self.strides}
        if dropped is not None:
            gone = dropped.view(-1, 1, 1, 1)
            maps = {stride: seen.masked_fill(gone, 0) for stride, seen in maps.items()}
        vector = maps[self.strides[0]].mean((2, 3))
        if self.n_classes and labels is not None:
            vector = vector + self.of_class(one_hot(labels, self.n_classes).to(vector.dtype))
        return Seen(vector, maps)


def one_hot(labels: Labels, n_classes: int) -> Int[Tensor, "B {n_classes}"]:
    """A 1 at each image's class; nothing but zeros where it is `UNKNOWN`."""
    return F.one_hot(labels + 1, n_classes + 1)[:, 1:]


def at_cells(seen: Map, cells: tuple[int, int]) -> Map:
    """Features for each cell of an h x w grid; a vector latent's one cell has their mean."""
    return seen if seen.shape[-2:] == cells else F.adaptive_avg_pool2d(seen, cells)


def _towards(spatial_factor: int, width: int) -> tuple[list[int], list[int]]:
    """Strides from 2 to before the spatial factor, and widths that double up to ``width``."""
    n = spatial_factor.bit_length() - 1
    strides = [2**i for i in range(1, n)]
    return strides, [max(width >> (n - i), 8) // 4 * 4 for i in range(1, n)]


def nothing(seen: Seen) -> Seen:
    """What is seen where image and class are dropped."""
    return Seen(
        torch.zeros_like(seen.vector), {s: torch.zeros_like(m) for s, m in seen.maps.items()}
    )
