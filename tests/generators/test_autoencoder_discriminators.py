"""The discriminators of stage 1: what each sees, and of what layers it is made."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from generators.autoencoder.discriminators import ClipDiscriminator, PatchDiscriminator
from plugins import compat
from plugins.reproducible import seeded
from tests.generators.draws import rand

with compat.quiet():
    from torchvision.models.video import r3d_18


@pytest.mark.parametrize(
    ("size", "patches"), [(8, 2), (16, 2), (32, 2), (64, 6), (128, 14), (256, 30)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_patches_of_every_size(size: int, patches: int, channels: int) -> None:
    said = PatchDiscriminator(channels, size, 8)(rand(2, channels, size, size))
    assert said.logits.shape == (2, 1, patches, patches)


def test_a_patch_is_70_pixels_wide() -> None:
    network = PatchDiscriminator(1, 128, 8).eval()
    for module in network.modules():  # statistics of the whole image would widen it
        if isinstance(module, nn.GroupNorm):
            module.forward = lambda x: x
    image = rand(1, 1, 128, 128).requires_grad_()
    network(image).logits[0, 0, 7, 7].backward()
    rows = image.grad[0, 0].abs().sum(1).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70


def test_the_clip_discriminator_is_a_3d_resnet_18() -> None:
    with torch.device("meta"), compat.quiet():
        ours, peer = ClipDiscriminator(3, 64), r3d_18(num_classes=1)

    def layers(network: nn.Module) -> list[tuple]:
        found = [m for m in network.modules() if isinstance(m, (nn.Conv3d, nn.Linear))]
        return sorted((tuple(m.weight.shape), getattr(m, "stride", ())) for m in found)

    assert layers(ours) == layers(peer)


@pytest.mark.parametrize("shape", [(1, 8, 32, 32), (3, 16, 32, 48), (1, 32, 33, 32)])
def test_a_clips_judgement_does_not_depend_on_its_batch(shape) -> None:
    with seeded(0):
        network = ClipDiscriminator(shape[0], 8)
    clips = rand(3, *shape)
    said = network(clips)
    assert said.logits.shape == (3, 1)
    assert torch.allclose(network(clips[1:2]).logits, said.logits[1:2], atol=1e-5)
