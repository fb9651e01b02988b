"""What may come into a metric; everything else is refused with the reason."""

from __future__ import annotations

import torch
from torch import Tensor

from plugins.errors import BenchError

SLACK = 1e-4
"""How far values may leave [0, 1], for rounding."""


def check_clips(metric: str, role: str, clips: Tensor) -> None:
    """Refuse what is not a clip batch (B, C, T, H, W) in [0, 1] with C = 1 or 3, T >= 2.

    Args:
        metric: name of the metric, for the message.
        role: what the clips are, ``real`` or ``generated``, for the message.

    Raises:
        BenchError: says what is wrong.
    """
    where = f"metric '{metric}', {role} clips"
    if clips.ndim != 5 or not clips.is_floating_point():
        raise BenchError(
            f"{where}: expected a float tensor (B, C, T, H, W),"
            f" got {str(clips.dtype).removeprefix('torch.')} {tuple(clips.shape)}"
        )
    if clips.numel() == 0:
        raise BenchError(f"{where}: the batch is empty, {tuple(clips.shape)}")
    if clips.shape[1] not in (1, 3):
        raise BenchError(f"{where}: {clips.shape[1]} channels; expected 1 (grey) or 3 (RGB)")
    if clips.shape[2] < 2:
        raise BenchError(f"{where}: one frame only; frame 0 is given, so at least 2 are needed")
    _check_unit_interval(where, clips)


def check_same_shape(metric: str, real: Tensor, generated: Tensor, *, paired: bool) -> None:
    """Refuse clips of different size, and for a paired metric of different number.

    Raises:
        BenchError: names both shapes.
    """
    start = 0 if paired else 1
    if real.shape[start:] != generated.shape[start:]:
        raise BenchError(
            f"metric '{metric}': real clips {tuple(real.shape)} and generated clips"
            f" {tuple(generated.shape)} differ in {'shape' if paired else 'clip shape'}"
        )


def check_predictions(metric: str, scores: Tensor, labels: Tensor) -> None:
    """Refuse what is not probabilities (N, K) with K >= 2 and labels (N,) in 0..K-1.

    Raises:
        BenchError: says what is wrong.
    """
    where = f"metric '{metric}'"
    if scores.ndim != 2 or not scores.is_floating_point() or scores.shape[1] < 2:
        raise BenchError(
            f"{where}, scores: expected a float tensor (N, K) with K >= 2,"
            f" got {str(scores.dtype).removeprefix('torch.')} {tuple(scores.shape)}"
        )
    if scores.shape[0] == 0:
        raise BenchError(f"{where}, scores: the batch is empty, {tuple(scores.shape)}")
    if labels.shape != scores.shape[:1]:
        raise BenchError(
            f"{where}: {scores.shape[0]} rows of scores but labels {tuple(labels.shape)}"
        )
    if labels.is_floating_point() or labels.dtype == torch.bool:
        raise BenchError(f"{where}, labels: expected class indices (integers), got {labels.dtype}")
    if labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise BenchError(
            f"{where}, labels: {int(labels.min())} to {int(labels.max())},"
            f" but the scores tell {scores.shape[1]} classes"
        )
    _check_unit_interval(f"{where}, scores", scores)


def _check_unit_interval(where: str, values: Tensor) -> None:
    low, high = (float(v) for v in values.aminmax())  # NaN if any value is
    if not (low >= -SLACK and high <= 1 + SLACK):
        problem = (
            f"values from {low:g} to {high:g}; expected [0, 1]"
            if torch.isfinite(values).all()
            else "some values are NaN or infinite"
        )
        raise BenchError(f"{where}: {problem}")
