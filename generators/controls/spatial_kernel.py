"""How alike the motion of two places is, by their distance: a mixture of Gaussian kernels."""

from __future__ import annotations

import torch
from jaxtyping import Float64
from scipy.optimize import nnls
from torch import Tensor

LENGTHS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Of the kernels, shares of the image's longer side: from one cell to nearly linear fields."""

LEAST = 1e-4
"""Increments below this share of the variance weigh no more: measured flow is not that smooth."""

Covariance = Float64[Tensor, "n n"]
Weights = Float64[Tensor, "K K"]


def kernels(n: int, side: int) -> Float64[Tensor, "K n n"]:
    """exp(-d^2 / 2 l^2) between n cells in a row, for each of `LENGTHS`.

    Args:
        n: cells in a row.
        side: cells along the longer side, the unit of the lengths.
    """
    place = torch.arange(n, dtype=torch.float64)
    away = (place[:, None] - place).square()
    lengths = side * torch.tensor(LENGTHS, dtype=torch.float64).view(-1, 1, 1)
    return torch.exp(-away / (2 * lengths**2))


def fit_mixture(space: Covariance, height: int, width: int) -> Weights:
    """The mixture whose increments are nearest to measured ones.

    Weight (j, k) is that of exp(-dy^2 / 2 l_j^2 - dx^2 / 2 l_k^2). No
    weight is negative, so the mixture is positive definite whatever was
    measured. Fitted by non-negative least squares are the mean squared
    increments 2 (1 - r(dy, dx)) by distance. Each error counts relative
    to the increment and as often as the grid holds the distance, so that
    near places, which make a field smooth, weigh as much as far ones.
    Subtracting a field's mean leaves increments as they are.

    Args:
        space: second moments between the height x width cells of fields
            of mean 0, row by row.
        height, width: of the grid, cells.

    Returns:
        Weights, so that with its mean subtracted the field has variance 1
        on average over the cells; all 0 where nothing moved.

    Source: Cressie, Fitting variogram models by weighted least squares,
    Mathematical Geology 17(5), 1985, there with the model's increments in
    the weights, here with the measured ones; non-negative least squares,
    Lawson and Hanson, Solving Least Squares Problems, 1974.
    """
    k = len(LENGTHS)
    variance = space.diagonal()
    if variance.mean() <= 0:
        return torch.zeros(k, k, dtype=torch.float64)
    increments = (variance[:, None] + variance - 2 * space) / variance.mean()
    lag, count = _lags(height, width)
    measured = torch.zeros(len(count), dtype=torch.float64)
    measured.index_add_(0, lag.flatten(), increments.flatten())
    measured /= count
    rows, columns = kernels(height, max(height, width)), kernels(width, max(height, width))
    # Row 0 of a kernel is its course by distance.
    atoms = 2 * (1 - torch.einsum("jy,kx->yxjk", rows[:, 0], columns[:, 0]))
    remaining = residual_variance(rows, columns)
    weight = count.sqrt() / measured.clamp_min(LEAST)
    weight[0] = 0  # no distance, no increment
    design = weight[:, None] * (atoms.flatten(0, 1) / remaining).flatten(1)
    found, _ = nnls(design.numpy(), (weight * measured).numpy(), maxiter=100 * k * k)
    shares = torch.from_numpy(found).view(k, k)
    return shares / shares.sum() / remaining


def residual_variance(rows: Float64[Tensor, "K h h"], columns: Float64[Tensor, "K w w"]) -> Weights:
    """Mean variance over the cells that each kernel leaves once the field's mean is subtracted."""
    return 1 - torch.outer(rows.mean((1, 2)), columns.mean((1, 2)))


def _lags(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Per pair of cells the number of its distance (|dy|, |dx|), and how many pairs have each."""
    y = torch.arange(height).repeat_interleave(width)
    x = torch.arange(width).repeat(height)
    lag = (y[:, None] - y).abs() * width + (x[:, None] - x).abs()
    return lag, torch.bincount(lag.flatten(), minlength=height * width).double()
