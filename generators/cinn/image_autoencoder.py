"""An autoencoder of single frames, whose encoder tells the flow what an image shows.

As in the cINN's code: a ResNet-50 (He et al., CVPR 2016) from scratch, whose
pooled features become an embedding that the decoder reads. There the
embedding is the mean of a Gaussian, but the decoder reads the mean and the KL
weight of 1e-5 stands beside a sum over all pixels: in effect none of it
is variational. Here it is plainly not. The decoder there is BigGAN's and is
judged by a discriminator; here it is small, and not.
"""

from __future__ import annotations

import math
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from generators.autoencoder.encoder import norm
from generators.autoencoder.layout import Layout
from plugins.types import ImageBatch

WIDEST, NARROWEST = 256, 16
"""Channels of the decoder, at its coarsest and at most at its finest level."""


class ImageEncoder(nn.Module):
    """A ResNet-50 with batch normalisation and without pretrained weights.

    Args:
        size: of the embedding.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        from plugins import compat  # noqa: F401 - mends torchvision, which takes a second

        from torchvision.models import resnet50  # isort: skip

        self.trunk = resnet50(weights=None, num_classes=size)

    def forward(self, images: ImageBatch) -> Float[Tensor, "B e"]:
        """Images (B, C, H, W) in [0, 1], C 1 or 3, to embeddings."""
        colours = images if images.shape[1] == 3 else images.expand(-1, 3, -1, -1)
        embedding: Tensor = self.trunk(2 * colours - 1)
        return embedding


class ImageDecoder(nn.Module):
    """An embedding to an image, by convolutions that double the size.

    Args:
        layout: of the video autoencoder: the image's shape and the coarsest grid.
        size: of the embedding.
    """

    def __init__(self, layout: Layout, size: int) -> None:
        super().__init__()
        _, h, w = layout.grid
        self.coarsest = (WIDEST, h, w)
        self.enter = nn.Linear(size, math.prod(self.coarsest))
        doublings = layout.spatial_factor.bit_length() - 1
        widths = [max(WIDEST >> level, NARROWEST) for level in range(doublings + 1)]
        self.convolutions, self.norms = nn.ModuleList(), nn.ModuleList()
        for before, after in pairwise(widths):
            self.convolutions.append(nn.Conv2d(before, after, 3, padding=1))
            self.norms.append(norm(after))
        self.leave = nn.Conv2d(widths[-1], layout.shape[0], 3, padding=1)

    def forward(self, embedding: Float[Tensor, "B e"]) -> ImageBatch:
        """Embeddings to images (B, C, H, W) in [0, 1]."""
        h = self.enter(embedding).unflatten(1, self.coarsest)
        for convolution, normalise in zip(self.convolutions, self.norms, strict=True):
            h = F.silu(normalise(convolution(F.interpolate(h, scale_factor=2.0, mode="nearest"))))
        image: Tensor = self.leave(h).float().sigmoid()
        return image


class ImageAutoencoder(nn.Module):
    """Image to embedding, and back.

    Args:
        layout: of the video autoencoder.
        size: of the embedding.
    """

    def __init__(self, layout: Layout, size: int) -> None:
        super().__init__()
        self.encoder, self.decoder = ImageEncoder(size), ImageDecoder(layout, size)

    def forward(self, images: ImageBatch) -> ImageBatch:
        """Images (B, C, H, W) in [0, 1] as they come out again."""
        made: Tensor = self.decoder(self.encoder(images))
        return made
