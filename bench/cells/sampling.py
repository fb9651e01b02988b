"""Ask a generator for videos, and check what it returns."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from plugins.errors import PluginError
from plugins.generator import Generator, Stills
from plugins.types import ClipBatch, ImageBatch

SLACK = 1e-3
"""Rounding error that is overlooked, in units of the full intensity range."""


def sample(generator: Generator, stills: Stills, n_frames: int) -> ClipBatch:
    """Continue stills, showing the generator only what it declares to read.

    Args:
        generator: fitted or loaded.
        stills: B images (B, C, H, W), with a seed each.
        n_frames: T.

    Returns:
        (B, C, T, H, W), float32 in [0, 1] but for a rounding error, on the CPU.

    Raises:
        PluginError: it returned another shape, NaN, pixels outside [0, 1],
            or another frame 0 than the image.
    """
    images = stills.images.clone()
    with torch.no_grad():
        videos = generator.sample(stills.shown_to(generator), n_frames)
    b, c, h, w = images.shape
    due = (b, c, n_frames, h, w)
    if tuple(videos.shape) != due:
        raise PluginError(
            f"generator '{generator.name}' returned shape {tuple(videos.shape)} where "
            f"{due} is due; 'bench check {generator.name}' tells more"
        )
    problem = _problem(videos, images)
    if problem:
        raise PluginError(
            f"generator '{generator.name}' returned {problem}; "
            f"'bench check {generator.name}' tells more"
        )
    return videos


def _problem(videos: Tensor, images: ImageBatch) -> str:
    """What is wrong with videos of the right shape; empty where nothing is."""
    if videos.device.type != "cpu" or videos.dtype != torch.float32:
        return f"{videos.dtype} on {videos.device} where float32 on the CPU is due"
    if not bool(torch.isfinite(videos).all()):
        return "NaN or infinite pixels"
    low, high = float(videos.min()), float(videos.max())
    if low < -SLACK or high > 1 + SLACK:
        return f"pixels from {low:.3g} to {high:.3g} where [0, 1] is due"
    if float((videos[:, :, 0] - images).abs().max()) > SLACK:
        return "another frame 0 than the image"
    return ""


def to_bytes(videos: ClipBatch) -> np.ndarray:
    """Clips as they are stored: uint8 (B, C, T, H, W), values outside [0, 1] cut off."""
    return (videos.clamp(0, 1) * 255).round().to(torch.uint8).numpy()
