"""The displacement since frame 0 is measured, kept on a grid and applied as it is defined."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from torch import Tensor
from torch.nn import functional as F

from generators.controls.pull_back import cells, moved, pull_back
from tests.metrics.support import noise, still, texture

SIZE = 64


def affine(n_frames: int = 12) -> np.ndarray:
    """(2, T, H, W): a strain, a turn and a shift that grow from frame 0 on, up to 7 px."""
    y, x = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2
    course = np.sin(np.linspace(0, 2.2, n_frames))[:, None, None]
    return np.stack([course * (0.04 * x - 0.06 * y + 2.5), course * (0.05 * x + 0.08 * y - 3)])


def shown(field: np.ndarray, seed: int = 3) -> Tensor:
    """The clip (1, T, H, W) whose frame t shows at p what frame 0 has at p + field."""
    whole = texture(seed, size=128)
    y, x = np.mgrid[:SIZE, :SIZE] + 32.0
    frames = [map_coordinates(whole, (y + dy, x + dx)) for dx, dy in field.swapaxes(0, 1)]
    return torch.from_numpy(np.clip(np.stack(frames), 0, 1)).float()[None]


@pytest.mark.parametrize("grid", [16, 64])
def test_a_known_affine_motion_is_recovered(grid: int) -> None:
    true = affine()
    found = pull_back(shown(true), grid)
    assert found.shape == (2, 11, grid, grid)
    due = F.adaptive_avg_pool2d(torch.from_numpy(true[:, 1:]).float(), grid)
    error = (found - due).norm(dim=0)
    rim = grid // 8  # what is there comes from outside the image
    assert float(error[:, rim:-rim, rim:-rim].mean()) < 0.2
    assert float(error.mean()) < 0.3
    assert float(due.norm(dim=0).mean()) > 2.5


def test_its_own_field_moves_frame_0_to_each_frame() -> None:
    clip = shown(affine())
    again = moved(clip[:, 0], pull_back(clip, 16))
    assert torch.equal(again[:, 0], clip[:, 0])
    held = (still(clip[None])[0] - clip).square().mean()
    assert float((again - clip).square().mean()) < 0.15 * float(held)


def test_what_stands_still_has_no_field() -> None:
    assert not pull_back(still(noise(1, size=SIZE))[0], 16).any()


def test_a_field_points_to_where_pixels_come_from() -> None:
    image = noise(1, c=2, t=1, size=8)[0, :, 0]
    field = torch.zeros(2, 2, 4, 4)
    field[0, 0], field[1, 1] = 3, -2
    clip = moved(image, field)
    assert clip.shape == (2, 3, 8, 8)
    assert torch.equal(clip[:, 0], image)
    right = image[:, :, [3, 4, 5, 6, 7, 7, 7, 7]]  # beyond the border it is repeated
    up = image[:, [0, 0, 0, 1, 2, 3, 4, 5]]
    assert torch.allclose(clip[:, 1], right, atol=1e-5)
    assert torch.allclose(clip[:, 2], up, atol=1e-5)


def test_cells_keep_the_shape_of_the_frame() -> None:
    assert cells((64, 64), 16) == (16, 16)
    assert cells((48, 64), 16) == (12, 16)
    assert cells((8, 8), 16) == (8, 8)
    assert cells((2, 200), 16) == (1, 16)
