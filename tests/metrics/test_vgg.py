"""VGG-16's features are those of its published layers, on the registered weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import metrics.vgg
from metrics.vgg import VGG16
from plugins import DataError
from plugins.weights import Registry
from tests.plugins.small_weights import registry, trunk, written

BLOCKS = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
"""Convolutions of each block, by their index in torchvision's ``features``."""


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> VGG16:
    return VGG16(registry(tmp_path_factory.mktemp("vgg"), "vgg"))


def images(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def resizing(size: int, to: int) -> Tensor:
    """The matrix (to, size) of bilinear interpolation between pixel centres, edges held."""
    matrix = np.zeros((to, size))
    for i in range(to):
        place = min(max((i + 0.5) * size / to - 0.5, 0), size - 1)
        left = min(int(place), size - 2)
        matrix[i, left] += 1 - (place - left)
        matrix[i, left + 1] += place - left
    return torch.from_numpy(matrix)


def by_hand(state: dict[str, Tensor], x: Tensor, size: int) -> list[Tensor]:
    """Configuration D of Simonyan and Zisserman, after ImageNet's normalization, in float64."""
    x = x.double().expand(-1, 3, -1, -1)
    mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    x = torch.stack([(x[:, c] - mean[c]) / deviation[c] for c in range(3)], 1)
    x = resizing(x.shape[-2], size) @ x @ resizing(x.shape[-1], size).T
    found: list[Tensor] = []
    for block in BLOCKS:
        x = F.max_pool2d(x, 2) if found else x
        for i in block:
            weight, bias = (state[f"features.{i}.{name}"].double() for name in ("weight", "bias"))
            x = F.relu(F.conv2d(x, weight, bias, padding=1))
        found.append(x)
    return found


@pytest.mark.parametrize(("shape", "size"), [((1, 1, 64, 64), 224), ((2, 3, 40, 25), 32)])
def test_equals_its_definition(
    network: VGG16, monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], size: int
) -> None:
    if size != metrics.vgg.SIZE:
        monkeypatch.setattr(metrics.vgg, "SIZE", size)
    x = images(*shape)
    found = network(x)
    assert [layer.shape[1] for layer in found] == [64, 128, 256, 512, 512]
    assert found[0].shape[-2:] == (size, size)
    for layer, expected in zip(found, by_hand(trunk("vgg"), x, size), strict=True):
        assert expected.std() > 0.1
        torch.testing.assert_close(layer.double(), expected, rtol=1e-4, atol=1e-4)


def test_autocast_and_training_mode_change_nothing_and_nothing_learns(
    network: VGG16, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics.vgg, "SIZE", 32)
    before = network(images(1, 1, 32, 32))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        after = network(images(1, 1, 32, 32))
    assert all(map(torch.equal, before, after))
    assert not any(p.requires_grad or p.is_meta for p in network.parameters())
    assert not network.training


def test_building_it_draws_no_random_number(tmp_path: Path) -> None:
    known = registry(tmp_path, "vgg", seed=3)
    before = torch.get_rng_state()
    network = VGG16(known)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(network.features[0].weight, trunk("vgg", seed=3)["features.0.weight"])


def test_a_file_that_lacks_a_layer_is_refused(tmp_path: Path) -> None:
    state = trunk("vgg")
    del state["features.26.bias"]
    known = Registry([written(tmp_path, "vgg", state)], tmp_path, caches=())
    with pytest.raises(DataError, match=r"no 'features\.26\.bias' of shape \(512,\)"):
        VGG16(known)
