"""A latent that is a vector for the whole clip, as the cINN's."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch

from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.decoder import Spread
from generators.autoencoder.encoder import Encoder
from generators.autoencoder.layout import Layout
from generators.autoencoder.losses import l1
from generators.two_stage.stage1 import AUTOENCODER, fit_autoencoder
from plugins import MemoryClips, Run
from plugins.weightfile import read_notes
from tests.generators.stage_1 import Stage1


def test_the_settings_choose_its_size() -> None:
    shape = (1, 16, 32, 32)
    assert Stage1().layout(shape).latent_shape == (8, 4, 2, 2)
    assert Stage1(latent="vector").layout(shape).latent_shape == (64, 1, 1, 1)
    assert Stage1(latent="vector", latent_size=5).layout(shape).latent_shape == (5, 1, 1, 1)
    assert Stage1(latent="vector").layout(shape).grid == (4, 2, 2)


def test_it_is_read_from_every_cell_by_weights_of_its_own() -> None:
    layout = Layout((1, 8, 32, 32), base=8, latent="vector", latent_channels=3)
    encoder = Encoder(layout)
    t, h, w = layout.grid
    assert encoder.posterior.weight.shape[2:] == (t, h, w) == (2, 2, 2)
    features = torch.randn(2, encoder.posterior.in_channels, t, h, w)
    weight, bias = encoder.posterior.weight.flatten(1), encoder.posterior.bias
    expected = features.flatten(1) @ weight.T + bias
    assert torch.allclose(encoder.posterior(features).flatten(1), expected, atol=1e-5)


def test_it_is_spread_over_the_grid_by_a_linear_layer() -> None:
    layer = Spread(3, 5, (2, 3, 4))
    z = torch.randn(2, 3, 1, 1, 1)
    grid = layer(z)
    assert grid.shape == (2, 5, 2, 3, 4)
    one = layer.cells.weight.view(5, 2, 3, 4, 3)[4, 1, 2, 3] @ z[1].flatten()
    assert torch.allclose(grid[1, 4, 1, 2, 3], one + layer.cells.bias.view(5, 2, 3, 4)[4, 1, 2, 3])


def moving(dx: float, dy: float, frames: int = 8, size: int = 32) -> torch.Tensor:
    """A disc that starts in the middle and moves evenly: (1, T, H, W)."""
    axis, t = torch.arange(float(size)), torch.arange(float(frames))[:, None, None]
    x = axis - (size / 2 + dx * t)
    y = axis[:, None] - (size / 2 + dy * t)
    return torch.sigmoid(4.0 - torch.sqrt(x**2 + y**2 + 1e-6))[None]


@pytest.fixture(scope="module")
def clips() -> torch.Tensor:
    """Four clips with one and the same frame 0: only z can tell what follows."""
    return torch.stack([moving(1, 0), moving(-1, 0), moving(0, 1), moving(0, -1)])


def test_it_holds_different_motions_of_one_image(clips: torch.Tensor, tmp_path) -> None:
    settings = Stage1(
        latent="vector",
        latent_size=8,
        spatial_factor=8,
        base_channels=8,
        correlation=1,
        mirror=0.0,
        kl_weight=1e-5,
        autoencoder_steps=45,
        autoencoder_batch=4,
        autoencoder_lr=4e-3,
    )
    as_bytes = (clips * 255).round().byte()
    run = Run(tmp_path, seed=1)
    model = fit_autoencoder(settings, MemoryClips(as_bytes, [0] * 4, ("any",)), run)
    assert isinstance(model, Autoencoder)
    held = l1(clips[:, :, :1].expand_as(clips), clips)
    assert float(l1(model.reconstruct(clips).clips, clips)) < 0.6 * float(held)
    with torch.no_grad():
        z = model.encode(clips).mean
        made_of = [model.decode(z[a : a + 1], clips[:1, :, 0]).clips for a in range(4)]
    for a, b in permutations(range(4), 2):  # the image is the same: z alone tells them apart
        made = made_of[a]
        assert float(l1(made, clips[a : a + 1])) < 0.5 * float(l1(made, clips[b : b + 1]))
    assert read_notes(tmp_path / AUTOENCODER)["parameters"]["latent"] == "vector"
