"""The autoencoder: shapes, its parts against independent formulas, and that it learns."""

from __future__ import annotations

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from generators.autoencoder import losses
from generators.autoencoder.adain import AdaIN, adain
from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.decoder import Frames
from generators.autoencoder.encoder import Posterior, per_cell
from generators.autoencoder.heads import PixelHead, WarpHead, summed
from generators.autoencoder.layout import Layout
from generators.autoencoder.warp import warp
from plugins import DataError
from plugins.reproducible import seeded

LAYOUTS = [
    Layout((1, 16, 32, 32), base=8),
    Layout((3, 16, 32, 32), base=8, head="pixels"),
    Layout((1, 16, 64, 64), base=8, correlation=2, latent_channels=4),
    Layout((3, 8, 32, 48), base=8, temporal_factor=2, spatial_factor=8, correlation=1),
    Layout((1, 16, 128, 128), base=8, spatial_factor=32),
    Layout((1, 16, 32, 32), base=16, stem_stride=2, temporal_factor=16),
    Layout((1, 4, 32, 32), base=8, temporal_factor=1, spatial_factor=4, head="pixels"),
]


def new(layout: Layout, seed: int = 0) -> Autoencoder:
    with seeded(seed):
        return Autoencoder(layout)


def random_clips(layout: Layout, n: int = 2) -> torch.Tensor:
    return torch.rand(n, *layout.shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_shapes_ranges_and_frame_0(layout: Layout) -> None:
    clips = random_clips(layout)
    with torch.no_grad():
        decoded, posterior = new(layout)(clips, torch.zeros(2, *layout.latent_shape))
    assert posterior.mean.shape == posterior.logvar.shape == (2, *layout.latent_shape)
    assert decoded.clips.shape == clips.shape
    assert torch.equal(decoded.clips[:, :, 0], clips[:, :, 0])
    assert 0 <= float(decoded.clips.min()) <= float(decoded.clips.max()) <= 1
    if layout.head == "warp":
        assert decoded.field is not None
        assert decoded.field.shape == (2, 2, *layout.shape[1:])
        assert not decoded.field[:, :, 0].any()


@pytest.mark.parametrize("layout", LAYOUTS[:3], ids=str)
def test_gradients_reach_every_parameter(layout: Layout) -> None:
    model, clips = new(layout), random_clips(layout)
    noise = torch.randn(2, *layout.latent_shape, generator=torch.Generator().manual_seed(2))
    decoded, posterior = model(clips, noise)
    (losses.l1(decoded.clips, clips) + losses.kl(posterior)).backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


@pytest.mark.parametrize("layout", LAYOUTS[:2], ids=str)
def test_clips_do_not_see_their_batch(layout: Layout) -> None:
    model, clips = new(layout).eval(), random_clips(layout, 3)
    together = model.reconstruct(clips).clips
    alone = model.reconstruct(clips[1:2]).clips
    assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_with_stem_stride_2_it_is_a_resnet_18() -> None:
    encoder = new(Layout((1, 16, 32, 32), stem_stride=2, base=8)).encoder
    assert len(encoder.stages) == 8  # 4 stages of 2 basic blocks
    assert encoder.stages[-1].conv2.out_channels == 64  # 8 times the base


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"shape": (1, 16, 40, 32)}, "spatial_factor"),
        ({"shape": (1, 6, 32, 32)}, "temporal_factor"),
        ({"shape": (2, 16, 32, 32)}, "clip.channels"),
        ({"shape": (1, 1, 32, 32), "temporal_factor": 1}, "clip.frames"),
        ({"shape": (1, 16, 30, 30), "spatial_factor": 10}, "power of 2"),
        ({"shape": (1, 16, 32, 32), "spatial_factor": 2}, "stem_stride"),
    ],
)
def test_layouts_that_do_not_fit_are_refused_by_name(fields, named) -> None:
    with pytest.raises(DataError, match=named):
        Layout(**fields)


def blob(size: int = 48, x: float = 20.0, y: float = 26.0) -> torch.Tensor:
    axis = torch.arange(float(size))
    return torch.exp(-((axis - x) ** 2 + (axis[:, None] - y) ** 2) / (2 * 3.0**2))[None, None]


def test_a_zero_field_is_the_identity() -> None:
    images = torch.rand(2, 3, 24, 32, generator=torch.Generator().manual_seed(3))
    moved = warp(images, torch.zeros(2, 2, 5, 24, 32))
    assert torch.allclose(moved, images[:, :, None].expand_as(moved), atol=1e-5)
    zero = torch.zeros(2, 1, 5, 24, 32)
    decoded = WarpHead.compose(
        images, torch.zeros(2, 2, 5, 24, 32), zero + 1, zero.expand(-1, 3, -1, -1, -1)
    )
    assert torch.allclose(decoded.clips, moved, atol=1e-5)
    assert torch.equal(decoded.clips[:, :, 0], images)


@pytest.mark.parametrize(("dx", "dy"), [(3.0, 0.0), (0.0, -4.0), (1.5, 2.25)])
def test_a_constant_field_moves_the_image_by_it(dx: float, dy: float) -> None:
    field = torch.tensor([dx, dy]).view(1, 2, 1, 1, 1).expand(1, 2, 2, 48, 48)
    moved = warp(blob(), field)[:, :, 1]
    assert torch.allclose(moved, blob(x=20.0 + dx, y=26.0 + dy), atol=0.02)


def test_whole_pixels_are_moved_exactly_and_the_border_is_mirrored() -> None:
    images = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(4))
    field = torch.zeros(1, 2, 1, 16, 16)
    field[:, 0] = 2.0
    moved = warp(images, field)[0, 0, 0]
    assert torch.allclose(moved[:, 2:], images[0, 0, :, :-2], atol=1e-4)
    assert torch.allclose(moved[:, :2], images[0, 0, :, :2].flip(1), atol=1e-4)


def test_changes_are_summed_from_frame_0() -> None:
    change = torch.rand(1, 2, 4, 3, 3, generator=torch.Generator().manual_seed(5))
    field = summed(change)
    assert not field[:, :, 0].any()
    assert torch.allclose(field[:, :, 3], change[:, :, 1:].sum(2))


def test_a_pixel_head_on_coarse_features_is_refused() -> None:
    with pytest.raises(ValueError, match="stride 1"):
        PixelHead(8, 1, 4)


def test_adain_with_its_own_statistics_is_the_identity() -> None:
    x = 3 * torch.randn(2, 4, 3, 5, 6, generator=torch.Generator().manual_seed(6)) + 1
    mean = x.mean((2, 3, 4), keepdim=True)
    deviation = x.var((2, 3, 4), correction=0, keepdim=True).sqrt()
    assert torch.allclose(adain(x, mean, deviation), x, atol=1e-4)


def test_adain_gives_the_statistics_that_the_latent_asks_for() -> None:
    x = torch.randn(2, 4, 8, 8, 8, generator=torch.Generator().manual_seed(7))
    layer = AdaIN(4, 3)
    z = torch.randn(2, 3, 1, 1, 1, generator=torch.Generator().manual_seed(8))
    mean, deviation = layer.statistics(z).flatten(1).chunk(2, dim=1)
    out = layer(x, z)
    assert torch.allclose(out.mean((2, 3, 4)), mean, atol=1e-4)
    assert torch.allclose(out.std((2, 3, 4)), (1 + deviation).abs(), rtol=1e-2)


def test_kl_is_the_closed_form() -> None:
    mean, logvar = torch.randn(2, 3, 4, 2, 5, 5, generator=torch.Generator().manual_seed(9))
    expected = kl_divergence(Normal(mean, (0.5 * logvar).exp()), Normal(0.0, 1.0)).mean()
    assert torch.allclose(losses.kl(Posterior(mean, logvar)), expected, rtol=1e-5)


def test_image_losses_are_zero_for_equal_clips_and_skip_frame_0() -> None:
    clips = torch.rand(2, 1, 4, 16, 16, generator=torch.Generator().manual_seed(10))
    other = clips.clone()
    other[:, :, 0] = 0
    for loss in (losses.l1, losses.multiscale_l1, losses.gradient_l1):
        assert float(loss(other, clips)) == 0
    shifted = clips + 0.125
    assert float(losses.l1(shifted, clips)) == pytest.approx(0.125, rel=1e-5)
    assert float(losses.multiscale_l1(shifted, clips)) == pytest.approx(3 * 0.125, rel=1e-5)
    assert float(losses.gradient_l1(shifted, clips)) == pytest.approx(0, abs=1e-6)


def test_motion_per_cell_keeps_the_frames_apart() -> None:
    motion = torch.arange(8.0).view(1, 1, 8, 1, 1).expand(1, 2, 8, 4, 4)
    cells = per_cell(motion, frames=4, blocks=2)
    assert cells.shape == (1, 8, 2, 2, 2)
    assert cells[0, :, 0, 0, 0].tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    assert cells[0, :, 1, 1, 1].tolist() == [4, 5, 6, 7, 4, 5, 6, 7]


def test_frames_are_doubled_in_order() -> None:
    layer = Frames(1)
    with torch.no_grad():
        layer.pair.weight.copy_(torch.tensor([1.0, 2.0]).view(2, 1, 1, 1, 1))
        layer.pair.bias.zero_()
        doubled = layer(torch.tensor([1.0, 10.0]).view(1, 1, 2, 1, 1))
    assert doubled.flatten().tolist() == [1, 2, 10, 20]


def test_tracking_compares_steps_with_the_motion() -> None:
    steps = torch.tensor([1.5, -0.5]).view(1, 2, 1, 1, 1)
    field = steps * torch.arange(4.0).view(1, 1, 4, 1, 1).expand(1, 1, 4, 16, 16)
    motion = steps.expand(1, 2, 4, 4, 4)
    assert float(losses.tracking(field, motion)) == pytest.approx(0, abs=1e-6)
    assert float(losses.tracking(field + 7, motion + 0.5)) == pytest.approx(0.5, rel=1e-5)


def test_roughness_is_the_strain() -> None:
    x = torch.arange(8.0).expand(1, 1, 2, 8, 8)
    assert float(losses.roughness(torch.cat([0.1 * x, 0 * x], 1))) == pytest.approx(0.05)
