"""How far several samples lie apart: the mean over all their pairs, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor


def mean_squared_distance(samples: Iterable[Sequence[Tensor]]) -> float:
    """Mean squared difference of two different samples, over all ordered pairs of them.

    With S samples, f_s a layer's features of sample s and d its elements:
    1 / (S (S-1)) * sum over i != j of mean_d (f_id - f_jd)^2, then the mean
    over layers, each counting alike. It is twice the unbiased variance over
    samples, mean over d; so each sample is looked at once, and two are held
    in memory, whatever S is.

    Source: the running variance, Welford, "Note on a method for calculating
    corrected sums of squares and products", Technometrics 4(3), 1962.

    Args:
        samples: of each sample, at least two, its features by layer; the
            shapes differ between layers and not between samples.
    """
    means: list[Tensor] = []
    squares: list[float] = []
    n = 0
    for n, layers in enumerate(samples, 1):
        if n == 1:
            means, squares = [layer.clone() for layer in layers], [0.0] * len(layers)
            continue
        for i, (layer, mean) in enumerate(zip(layers, means, strict=True)):
            step = layer - mean
            mean += step / n
            squares[i] += float((step * (layer - mean)).mean(dtype=torch.float64))
    return 2 * sum(squares) / (n - 1) / len(squares)
