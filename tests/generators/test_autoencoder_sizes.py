"""The autoencoder at every size that it is meant for, and the paper's 3D ResNet-18."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import nn

from generators.autoencoder import losses
from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.encoder import Encoder
from generators.autoencoder.layout import Layout
from plugins import DataError, compat
from plugins.reproducible import seeded
from tests.generators.stage_1 import Stage1

with compat.quiet():
    from torchvision.models.video import r3d_18

HEADS = ("warp", "pixels")
LATENTS = ("grid", "vector")


def layout(size: int, frames: int, channels: int, head: str, latent: str) -> Layout:
    return Layout(
        (channels, frames, size, size),
        base=8,
        head=head,
        latent=latent,
        latent_channels=6,
        spatial_factor=max(size // 4, 8),
        temporal_factor=8,
        correlation=1 if channels == 1 else 0,
    )


SIZES = [
    *(layout(size, 8, 1, *kind) for size in (32, 64) for kind in product(HEADS, LATENTS)),
    *(layout(32, frames, 3, *kind) for frames in (16, 32) for kind in product(HEADS, LATENTS)),
    *(layout(128, 8, 3, "warp", latent) for latent in LATENTS),
    layout(256, 8, 1, "warp", "vector"),
]


def check(sizes: Layout, n: int = 2) -> None:
    with seeded(0):
        model = Autoencoder(sizes)
    generator = torch.Generator().manual_seed(1)
    clips = torch.rand(n, *sizes.shape, generator=generator)
    noise = torch.randn(n, *sizes.latent_shape, generator=generator)
    decoded, posterior = model(clips, noise)
    assert posterior.mean.shape == posterior.logvar.shape == (n, *sizes.latent_shape)
    assert decoded.clips.shape == clips.shape
    assert torch.equal(decoded.clips[:, :, 0], clips[:, :, 0])
    seen = decoded.clips.detach()
    assert 0 <= float(seen.min()) <= float(seen.max()) <= 1
    (losses.l1(decoded.clips, clips) + losses.kl(posterior)).backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert without == []


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_shapes_frame_0_and_gradients(sizes: Layout) -> None:
    check(sizes)


@pytest.mark.slow
@pytest.mark.parametrize(
    "sizes",
    [
        layout(size, frames, channels, head, latent)
        for size, frames, channels, head, latent in product(
            (128, 256), (8, 32), (1, 3), HEADS, LATENTS
        )
    ],
    ids=str,
)
def test_shapes_frame_0_and_gradients_of_large_clips(sizes: Layout) -> None:
    check(sizes, n=1)


@pytest.mark.parametrize(
    ("shape", "fields", "named"),
    [
        ((1, 16, 33, 33), {}, "33 x 33 pixels .* spatial_factor = 16"),
        ((1, 16, 64, 72), {}, "64 x 72 pixels .* spatial_factor = 16"),
        ((1, 15, 32, 32), {}, "15 frames .* temporal_factor = 4"),
        ((1, 2, 32, 32), {}, "2 frames .* temporal_factor = 4"),
        ((1, 16, 8, 8), {}, "8 x 8 pixels .* spatial_factor = 16"),
        ((1, 4, 16, 16), {}, "a single cell"),
        ((4, 16, 32, 32), {}, "clip.channels"),
        ((1, 16, 32, 32), {"stem_stride": 16}, "stem_stride = 16 must be 2, 4 or 8"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(shape, fields, named) -> None:
    for latent in LATENTS:
        with pytest.raises(DataError, match=named):
            Layout(shape, latent=latent, **fields)


def test_losses_bear_sizes_that_are_no_multiple_of_their_blocks() -> None:
    made, real = torch.rand(2, 1, 1, 3, 20, 6, generator=torch.Generator().manual_seed(2))
    difference = (made - real)[:, :, 1:]
    by_2 = difference.unflatten(-1, (3, 2)).unflatten(-3, (10, 2)).mean((-3, -1))
    by_4 = difference[..., :4].unflatten(-1, (1, 4)).unflatten(-3, (5, 4)).mean((-3, -1))
    expected = by_2.abs().mean() + by_4.abs().mean()
    assert torch.allclose(losses.multiscale_l1(made, real), expected)


def convolutions(network: nn.Module) -> list[tuple[int, int, tuple[int, ...], tuple[int, ...]]]:
    found = [m for m in network.modules() if isinstance(m, nn.Conv3d)]
    assert not any(m.bias is not None for m in found)
    return sorted((m.in_channels, m.out_channels, m.kernel_size, m.stride) for m in found)


def test_the_papers_3d_resnet_18_can_be_set() -> None:
    settings = Stage1(
        stem_stride=2, base_channels=64, temporal_factor=8, spatial_factor=16, correlation=0
    )
    with torch.device("meta"), compat.quiet():
        encoder, peer = Encoder(settings.layout((3, 16, 112, 112))), r3d_18()
    del encoder.posterior, peer.fc
    assert convolutions(encoder) == convolutions(peer)
    assert len(encoder.stages) == 8  # 4 stages of 2 basic blocks
    widths = [(block.conv1.out_channels, block.conv2.out_channels) for block in encoder.stages]
    assert widths == [(w, w) for w in (64, 128, 256, 512) for _ in range(2)]
    strides = [block.conv1.stride for block in encoder.stages]
    assert strides == [(1, 1, 1), (1, 1, 1), *[(2, 2, 2), (1, 1, 1)] * 3]
    norms = [m.num_groups for m in encoder.modules() if isinstance(m, nn.GroupNorm)]
    assert norms == [16] * 20  # the cINN's groups; as many as R3D-18's BatchNorms
    assert len(norms) == sum(isinstance(m, nn.BatchNorm3d) for m in peer.modules())
