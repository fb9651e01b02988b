"""Random disturbances of clips, against a plain loop over clips."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from classifiers.augmentation import Augmentation


def draws(n: int, seed: int = 0) -> Tensor:
    return torch.rand(5, n, generator=torch.Generator().manual_seed(seed))


def plainly(augment: Augmentation, clip: Tensor, u: Tensor) -> Tensor:
    """One clip (C, T, H, W) disturbed as the fields say."""
    if u[0] < augment.flip:
        clip = clip.flip(-1)
    height, width = clip.shape[-2:]
    y, x = int(augment.shift * height), int(augment.shift * width)
    padded = F.pad(clip, (x, x, y, y), mode="replicate")
    left, top = int(float(u[1]) * (2 * x + 1)), int(float(u[2]) * (2 * y + 1))
    clip = padded[..., top : top + height, left : left + width]
    brightness = (2 * float(u[3]) - 1) * augment.brightness
    clip = clip ** math.exp((2 * float(u[4]) - 1) * augment.gamma)
    return (clip + brightness).clamp(0, 1)


@pytest.mark.parametrize(
    "augment",
    [
        Augmentation(),
        Augmentation(flip=0.5),
        Augmentation(shift=0.2),
        Augmentation(brightness=0.3),
        Augmentation(gamma=0.4),
        Augmentation(flip=0.5, shift=0.1, brightness=0.2, gamma=0.3),
    ],
)
def test_it_is_what_a_loop_over_clips_gives(augment: Augmentation) -> None:
    clips, u = torch.rand(12, 2, 3, 20, 31), draws(12)
    due = torch.stack([plainly(augment, clip, one) for clip, one in zip(clips, u.T, strict=True)])
    torch.testing.assert_close(augment(clips, u), due, rtol=1e-5, atol=1e-6)


def test_all_frames_of_a_clip_change_alike() -> None:
    still = torch.rand(6, 1, 1, 20, 20).expand(-1, -1, 5, -1, -1)
    augment = Augmentation(flip=0.5, shift=0.2, brightness=0.3, gamma=0.3)
    out = augment(still, draws(6))
    assert out.shape == still.shape
    torch.testing.assert_close(out, out[:, :, :1].expand_as(out))
    assert out.min() >= 0
    assert out.max() <= 1
    assert not any(torch.equal(a, b) for a, b in zip(out, still, strict=True))


def test_a_clip_is_disturbed_alike_in_any_batch() -> None:
    clips, u = torch.rand(5, 1, 4, 16, 16), draws(5)
    augment = Augmentation(flip=0.5, shift=0.2, brightness=0.3, gamma=0.3)
    whole = augment(clips, u)
    for i in range(5):
        torch.testing.assert_close(augment(clips[i : i + 1], u[:, i : i + 1])[0], whole[i])


def test_shift_moves_within_bounds() -> None:
    spot = torch.zeros(60, 1, 1, 21, 21)
    spot[..., 10, 10] = 1
    moved = Augmentation(shift=0.2)(spot, draws(60))
    places = moved.flatten(1).argmax(dim=1)
    rows, columns = places // 21 - 10, places % 21 - 10
    assert torch.equal(moved.flatten(1).sum(dim=1), torch.ones(60))
    assert {int(v.abs().max()) for v in (rows, columns)} == {4}
    assert len(set(rows.tolist())) == len(set(columns.tolist())) == 9
