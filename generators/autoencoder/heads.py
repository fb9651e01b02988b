"""What the decoder's features become: pixels (the paper's), or frame 0 in motion."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generators.autoencoder.shapes import Changed, Displacement, Mask
from generators.autoencoder.warp import warp
from plugins.types import ClipBatch, ImageBatch

RESIDUAL = 0.25
"""Largest change of brightness that the head `WarpHead` paints over the moved image."""

REACH = 1 / 16
"""Displacement for an output of 1, as a fraction of the image's height: the scale of motion
in these clips, so that a fresh network starts with fields of a few pixels at most."""

GENTLE = 0.1
"""First weights of a head's last layer, as a fraction of torch's: it starts near frame 0."""


@dataclass(frozen=True)
class Decoded:
    """A decoded clip and what it was made of.

    Attributes:
        clips: (B, C, T, H, W) in [0, 1]; frame 0 is the image.
        field: (B, 2, T, H, W), displacement since frame 0; None for pixels.
        mask: (B, 1, T, H, W) in [0, 1], where the residual counts; None for pixels.
    """

    clips: ClipBatch
    field: Displacement | None = None
    mask: Mask | None = None


class PixelHead(nn.Module):
    """Every pixel of every frame from a last convolution, as in the paper.

    Args:
        width: channels of the features.
        channels: C.
        stride: 1; features must be as fine as the pixels.
    """

    def __init__(self, width: int, channels: int, stride: int) -> None:
        super().__init__()
        if stride != 1:
            raise ValueError(f"the head 'pixels' needs features of stride 1, these have {stride}")
        self.last = nn.Conv3d(width, channels, 3, 1, 1)

    def forward(self, features: Changed, images: ImageBatch) -> Decoded:
        """Features (B, width, T, H, W) to a clip; frame 0 is replaced by the image."""
        frames = torch.sigmoid(self.last(F.leaky_relu(features, 0.2)).float())
        return Decoded(with_frame_0(frames, images))


class WarpHead(nn.Module):
    """Frame 0, moved by a displacement field, plus a bounded change of brightness.

    With u the field, m the mask and r the residual, all zero at frame 0,
    ``x_t = clamp(warp(x_0, u_t) + m_t r_t)``. The features give u's change
    from frame to frame, which is summed, so that motion adds up over time
    and is smooth; all three come at the features' stride and are
    interpolated linearly.

    Args:
        width: channels of the features.
        channels: C.
        stride: pixels per feature.
    """

    def __init__(self, width: int, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.last = nn.Conv3d(width, 3 + channels, 3, 1, 1)
        with torch.no_grad():
            self.last.weight.mul_(GENTLE)

    def forward(self, features: Changed, images: ImageBatch) -> Decoded:
        """Features (B, width, T, H / stride, W / stride) to a clip."""
        maps = self._upsampled(self.last(F.leaky_relu(features, 0.2)).float())
        change, mask, residual = maps[:, :2], maps[:, 2:3], maps[:, 3:]
        field = summed(change * (REACH * images.shape[-2]))
        return self.compose(images, field, torch.sigmoid(mask), RESIDUAL * torch.tanh(residual))

    @staticmethod
    def compose(
        images: ImageBatch, field: Displacement, mask: Mask, residual: ClipBatch
    ) -> Decoded:
        """The clip of a given field, mask and residual (each for T frames)."""
        frames = (warp(images, field) + mask * residual).clamp(0, 1)
        return Decoded(with_frame_0(frames, images), field, mask)

    def _upsampled(self, maps: Tensor) -> Tensor:
        b, d, t = maps.shape[:3]
        flat = maps.transpose(1, 2).flatten(0, 1)
        fine = F.interpolate(
            flat, scale_factor=float(self.stride), mode="bilinear", align_corners=False
        )
        return fine.view(b, t, d, *fine.shape[2:]).transpose(1, 2)


def summed(change: Displacement) -> Displacement:
    """Displacement since frame 0 from each frame's change; frame 0 has none."""
    return F.pad(change[:, :, 1:].cumsum(2), (0, 0, 0, 0, 1, 0))


def with_frame_0(frames: ClipBatch, images: ImageBatch) -> ClipBatch:
    """The clip with its frame 0 replaced by the image."""
    return torch.cat([images[:, :, None].to(frames.dtype), frames[:, :, 1:]], dim=2)


HEADS: dict[str, type[PixelHead] | type[WarpHead]] = {"pixels": PixelHead, "warp": WarpHead}
