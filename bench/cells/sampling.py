"""Ask a generator for videos, and check what it returns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from plugins.errors import PluginError
from plugins.generator import Generator, Stills
from plugins.types import ClipBatch


def sample(generator: Generator, stills: Stills, n_frames: int) -> ClipBatch:
    """Continue stills, showing the generator only what it declares to read.

    Args:
        generator: fitted or loaded.
        stills: B images (B, C, H, W), with a seed each.
        n_frames: T.

    Returns:
        (B, C, T, H, W), finite; in [0, 1] where the generator keeps its contract.

    Raises:
        PluginError: it returned another shape, or NaN or infinite pixels.
    """
    if not generator.reads_labels:
        stills = replace(stills, labels=[None] * len(stills))
    if not generator.needs_continuation:
        stills = replace(stills, records=[None] * len(stills))
    with torch.no_grad():
        videos = generator.sample(stills, n_frames)
    b, c, h, w = stills.images.shape
    due = (b, c, n_frames, h, w)
    if tuple(videos.shape) != due:
        raise PluginError(
            f"generator '{generator.name}' returned shape {tuple(videos.shape)} where "
            f"{due} is due; 'bench check {generator.name}' tells more"
        )
    if not bool(torch.isfinite(videos).all()):
        raise PluginError(f"generator '{generator.name}' returned NaN or infinite pixels")
    return videos


def to_bytes(videos: ClipBatch) -> np.ndarray:
    """Clips as they are stored: uint8 (B, C, T, H, W), values outside [0, 1] cut off."""
    return (videos.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
