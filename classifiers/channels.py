"""The three channels that recognizers take, made of grey or colour clips."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float32
from torch import Tensor

from plugins.types import ClipBatch

Channels = Literal["image", "motion"]
ThreeChannels = Float32[Tensor, "B 3 T H W"]


def three_channels(clips: ClipBatch, kind: Channels) -> ThreeChannels:
    """Clips of one or three channels as clips of three, in [0, 1].

    Args:
        clips: (B, C, T, H, W), C = 1 or 3.
        kind: ``image``: colour as it is, grey three times. ``motion``: the
            grey frame, its change since the frame before, and its change
            since the first frame, each change d shown as (1 + d) / 2: the
            frame beside the RGB differences of Wang et al., "Temporal
            Segment Networks", ECCV 2016.
    """
    if kind == "image":
        return clips.expand(-1, 3, -1, -1, -1)
    grey = clips.mean(dim=1, keepdim=True)
    before = torch.cat([grey[:, :, :1], grey[:, :, :-1]], dim=2)
    changes = [(1 + grey - before) / 2, (1 + grey - grey[:, :, :1]) / 2]
    return torch.cat([grey, *changes], dim=1)
