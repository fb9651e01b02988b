"""The decoder: from the latent and frame 0 to features that a head turns into frames.

Blocks as in the cINN's decoder (Dorkenwald et al., CVPR 2021): frame 0
enters by spatially adaptive normalisation (SPADE, Park et al., CVPR 2019),
the latent by AdaIN, at every scale.

With ``latent`` "vector", ``head`` "pixels" and ``base`` 64 it comes near the
cINN's decoder: a linear layer to the coarsest grid, then blocks that double
time and space. There convolutions are spectrally normalised, SPADE looks
through a hidden layer of 128 channels, frames are doubled by repetition, the
output is a tanh, and all frames are new; here none of these, and frame 0 is
the image.
"""

from __future__ import annotations

import math

from torch import Tensor, nn
from torch.nn import functional as F

from generators.autoencoder.adain import AdaIN
from generators.autoencoder.encoder import norm
from generators.autoencoder.layout import Layout
from generators.autoencoder.pyramid import ImagePyramid
from generators.autoencoder.shapes import Changed, FeatureMap, Latent, Volume
from plugins.types import ImageBatch


class Inject(nn.Module):
    """SPADE: normalise, then scale and shift each place by what the image shows there."""

    def __init__(self, channels: int, image_channels: int) -> None:
        super().__init__()
        self.norm = norm(channels)
        self.to_scale_and_shift = nn.Conv2d(image_channels, 2 * channels, 1)

    def forward(self, x: Volume, image: FeatureMap) -> Volume:
        """x (B, D, T, H, W) with image features (B, E, H, W), equal in every frame."""
        scale, shift = self.to_scale_and_shift(image)[:, :, None].chunk(2, dim=1)
        return self.norm(x) * (1 + scale) + shift


class Frames(nn.Module):
    """Twice the frames, each pair from one by a convolution of its own.

    Sub-pixel convolution (Shi et al., CVPR 2016) along time: frames that
    were merely repeated could not be told apart by what follows.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pair = nn.Conv3d(channels, 2 * channels, 1)

    def forward(self, x: Volume) -> Changed:
        """(B, D, T, H, W) to (B, D, 2 T, H, W)."""
        pairs = self.pair(x).unflatten(1, (x.shape[1], 2))
        return pairs.transpose(2, 3).flatten(2, 3)


class DecoderBlock(nn.Module):
    """Up-sample; SPADE, convolution, AdaIN, convolution; and a shortcut.

    Args:
        before: channels in.
        after: channels out.
        image_channels: of frame 0's features at the scale that comes out.
        latent_channels: c.
        up: (temporal, spatial) factor.
    """

    def __init__(
        self,
        before: int,
        after: int,
        image_channels: int,
        latent_channels: int,
        up: tuple[int, int],
    ) -> None:
        super().__init__()
        self.frames = Frames(before) if up[0] == 2 else nn.Identity()
        self.up = (1.0, float(up[1]), float(up[1]))
        self.inject = Inject(before, image_channels)
        self.conv1 = nn.Conv3d(before, after, 3, 1, 1)
        self.adain = AdaIN(after, latent_channels)
        self.conv2 = nn.Conv3d(after, after, 3, 1, 1)
        self.shortcut = nn.Conv3d(before, after, 1) if before != after else nn.Identity()

    def forward(self, x: Volume, image: FeatureMap, z: Latent) -> Changed:
        """(B, before, T, H, W) to (B, after, T * temporal, H * spatial, W * spatial)."""
        x = F.interpolate(self.frames(x), scale_factor=self.up, mode="nearest")
        h = self.conv1(F.leaky_relu(self.inject(x, image), 0.2))
        h = self.conv2(F.leaky_relu(self.adain(h, z), 0.2))
        return self.shortcut(x) + h


class Spread(nn.Module):
    """A vector latent to the coarsest grid, each cell by linear weights of its own.

    Args:
        latent_channels: c.
        channels: of each cell.
        grid: (t, h, w).
    """

    def __init__(self, latent_channels: int, channels: int, grid: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape = (channels, *grid)
        self.cells = nn.Linear(latent_channels, math.prod(self.shape))

    def forward(self, z: Latent) -> Changed:
        """(B, c, 1, 1, 1) to (B, channels, t, h, w)."""
        cells: Tensor = self.cells(z.flatten(1))
        return cells.unflatten(1, self.shape)


class Decoder(nn.Module):
    """Latent and frame 0 to features of every frame.

    Its stages are the encoder's, in reverse. For the head ``warp`` they
    end at the stem's stride, since motion is smooth; for ``pixels`` they
    go on to single pixels.

    Attributes:
        stride: pixels per feature in what comes out.
        width: channels of what comes out.
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        plan = _plan(layout)
        strides = sorted({stride for _, stride, _ in plan})
        by_stride = {stride: width for width, stride, _ in plan}
        self.pyramid = ImagePyramid(layout.shape[0], strides, [by_stride[s] for s in strides])
        before = plan[0][0]
        self.first: nn.Module = nn.Conv3d(layout.latent_channels, before, 3, 1, 1)
        if layout.latent == "vector":
            self.first = Spread(layout.latent_channels, before, layout.grid)
        self.blocks = nn.ModuleList()
        self.places = [stride for _, stride, _ in plan]
        for width, stride, up in plan:
            self.blocks.append(
                DecoderBlock(before, width, by_stride[stride], layout.latent_channels, up)
            )
            before = width
        self.stride, self.width = plan[-1][1], before

    def forward(self, z: Latent, images: ImageBatch) -> Changed:
        """z (B, c, t, h, w), images (B, C, H, W) to (B, width, T, H / stride, W / stride)."""
        features = self.pyramid(images)
        h = self.first(z)
        for stride, block in zip(self.places, self.blocks, strict=True):
            h = block(h, features[stride], z)
        return h


def _plan(layout: Layout) -> list[tuple[int, int, tuple[int, int]]]:
    """Per block: channels, stride of what comes out, and (temporal, spatial) up-sampling."""
    stride, plan = layout.spatial_factor, []
    ups = [(1, 1), *reversed(layout.strides[1:])]
    widths = [*reversed(layout.widths)]
    for up, width in zip(ups, widths, strict=True):
        stride //= up[1]
        plan.append((width, stride, up))
    if layout.head == "pixels":
        width = layout.base
        while stride > 1:
            stride, width = stride // 2, max(width // 2, 8)
            plan.append((width, stride, (1, 2)))
    return plan
