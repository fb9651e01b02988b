"""The fitted kernel is a covariance, and that of the fields it was fitted on."""

from __future__ import annotations

import torch
from torch import Tensor

from generators.controls.spatial_kernel import LENGTHS, fit_mixture, kernels, residual_variance

H, W = 8, 10


def covariance(weights: Tensor) -> Tensor:
    """Of the mixture, between all cells, with the mean over the cells subtracted."""
    rows, columns = kernels(H, W), kernels(W, W)
    total = sum(
        weights[j, k] * torch.kron(rows[j], columns[k])
        for j in range(len(LENGTHS))
        for k in range(len(LENGTHS))
    )
    centred = torch.eye(H * W, dtype=torch.float64) - 1 / (H * W)
    return centred @ total @ centred


def test_a_mixture_is_found_again() -> None:
    weights = torch.zeros(len(LENGTHS), len(LENGTHS), dtype=torch.float64)
    weights[2, 4], weights[3, 3], weights[5, 1] = 0.5, 0.3, 0.2
    space = 7.0 * covariance(weights)
    found = fit_mixture(space, H, W)
    again = covariance(found)
    assert torch.allclose(again, space / space.diagonal().mean(), atol=1e-6)


def test_any_measurement_gives_a_covariance_of_variance_1() -> None:
    fields = torch.randn(5, H * W, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    fields[:, ::3] *= 9
    fields -= fields.mean(1, keepdim=True)
    found = fit_mixture(fields.T @ fields, H, W)
    assert bool((found >= 0).all())
    made = covariance(found)
    assert float(torch.linalg.eigvalsh(made).min()) > -1e-10
    assert abs(float(made.diagonal().mean()) - 1) < 1e-9


def test_the_variance_left_by_subtracting_the_mean() -> None:
    remaining = residual_variance(kernels(H, W), kernels(W, W))
    for j, k in ((0, 0), (2, 5), (7, 7)):
        one = torch.zeros_like(remaining)
        one[j, k] = 1
        assert abs(float(covariance(one).diagonal().mean() - remaining[j, k])) < 1e-9


def test_no_motion_has_no_weights() -> None:
    assert not fit_mixture(torch.zeros(H * W, H * W, dtype=torch.float64), H, W).any()
