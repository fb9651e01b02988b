"""The correlation volume finds known motion."""

from __future__ import annotations

import pytest
import torch

from generators.autoencoder.correlation import best_match, correlation_volume


def moving_speckle(dy: int, dx: int, frames: int = 4, size: int = 32) -> torch.Tensor:
    """(1, 1, T, size, size) of noise that moves by (dy, dx) a frame."""
    large = torch.rand(128, 128, generator=torch.Generator().manual_seed(0))
    parts = [
        large[50 - t * dy : 50 - t * dy + size, 50 - t * dx : 50 - t * dx + size]
        for t in range(frames)
    ]
    return torch.stack(parts)[None, None]


@pytest.mark.parametrize(("dy", "dx"), [(0, 0), (2, -1), (-3, 3)])
def test_the_best_match_is_the_motion(dy: int, dx: int) -> None:
    volume = correlation_volume(moving_speckle(dy, dx), reach=3, stride=4)
    assert volume.shape == (1, 49, 4, 8, 8)
    inner = volume[0, :, 1:, 1:-1, 1:-1]
    assert bool((inner.argmax(0) == (dy + 3) * 7 + dx + 3).all())
    assert float(inner.amax(0).mean()) > 0.8
    found = best_match(volume, reach=3)[0, :, 1:, 1:-1, 1:-1]
    wanted = torch.tensor([float(dx), float(dy)]).view(2, 1, 1, 1)
    assert torch.allclose(found, wanted.expand_as(found), atol=0.3)


def test_frame_0_is_compared_with_itself() -> None:
    volume = correlation_volume(moving_speckle(1, 1), reach=2, stride=4)
    assert bool((volume[0, :, 0].argmax(0) == 12).all())


def test_a_black_clip_gives_no_nan() -> None:
    assert not correlation_volume(torch.zeros(1, 1, 3, 16, 16), reach=1, stride=4).any()
