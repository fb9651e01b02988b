"""A clip as a vector of its own pixels: what copies are found by without any network."""

from __future__ import annotations

from torch.nn import functional as F

from metrics.checks import check_clips
from plugins.features import FeatureNetwork
from plugins.types import ClipBatch, Features

SIDE = 32
"""Pixels of a frame's side: fine speckle, in which copies differ too, is averaged away."""


class Pixels(FeatureNetwork):
    """The grey values of the frames after frame 0, which is given, at 32 x 32 pixels.

    Scaled so that the distance of two clips is the root mean square of
    their differences in grey levels.
    """

    @property
    def name(self) -> str:
        """Says the size."""
        return f"pixels ({SIDE} x {SIDE})"

    def features(self, clips: ClipBatch, device: str) -> Features:
        """See `FeatureNetwork.features`."""
        check_clips(self.name, "clips", clips)
        frames = clips[:, :, 1:].mean(dim=1).to(device)
        small = F.adaptive_avg_pool2d(frames, SIDE).flatten(1)
        return (255 * small / small.shape[1] ** 0.5).cpu()
