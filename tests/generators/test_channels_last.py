"""Channels innermost: another order in memory, and nothing else."""

from __future__ import annotations

import copy

import pytest
import torch

from generators.autoencoder.autoencoder import Autoencoder
from generators.autoencoder.channels_last import channels_last, channels_last_on_cuda
from generators.autoencoder.layout import Layout
from plugins.reproducible import seeded
from plugins.weightfile import load_weights, save_weights


def autoencoder(head: str = "warp") -> Autoencoder:
    with seeded(0):
        return Autoencoder(Layout((1, 8, 32, 32), base=8, head=head, correlation=1)).eval()  # type: ignore[arg-type]


def channels_first(model: Autoencoder) -> Autoencoder:
    for p in model.parameters():
        p.data = p.data.contiguous()
    return model


def turned(model: Autoencoder) -> list[str]:
    innermost = torch.channels_last_3d
    return [
        name
        for name, p in model.named_parameters()
        if p.ndim == 5 and p.is_contiguous(memory_format=innermost) and not p.is_contiguous()
    ]


@pytest.mark.parametrize("head", ["warp", "pixels"])
def test_results_and_gradients_are_the_same(head) -> None:
    plain = channels_first(autoencoder(head))
    assert not turned(plain)
    other = channels_last(copy.deepcopy(plain))
    assert turned(other)
    with seeded(1):
        clips = torch.rand(2, 1, 8, 32, 32)
        noise = torch.randn(2, *plain.layout.latent_shape)
    for model in (plain, other):
        decoded, posterior = model(clips, noise)
        (decoded.clips.square().mean() + posterior.mean.square().mean()).backward()
    assert torch.allclose(plain(clips, noise)[0].clips, other(clips, noise)[0].clips, atol=1e-5)
    for a, b in zip(plain.parameters(), other.parameters(), strict=True):
        if a.grad is not None and b.grad is not None:
            assert torch.allclose(a.grad, b.grad, atol=1e-4 * float(a.grad.abs().max()) + 1e-7)


def test_weight_files_are_the_same(tmp_path) -> None:
    plain = autoencoder()
    other = channels_last(copy.deepcopy(plain))
    save_weights(plain, tmp_path / "plain")
    save_weights(other, tmp_path / "other")
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "other").read_bytes()
    before = turned(other)
    load_weights(other, tmp_path / "plain")
    assert turned(other) == before


def test_on_the_cpu_only_the_head_pixels_is_laid_out_so() -> None:
    assert turned(channels_last_on_cuda(autoencoder(), "cpu")) == []
    assert turned(channels_last_on_cuda(autoencoder("pixels"), "cpu"))
    assert turned(channels_last_on_cuda(autoencoder(), "cuda:0"))
