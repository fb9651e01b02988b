"""Attention that is learned with on CUDA has gradients that repeat."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from plugins.reproducible import deterministic, repeatable_attention, seeded


def kernels() -> dict[str, bool]:
    cuda = torch.backends.cuda
    return {
        "plain": cuda.math_sdp_enabled(),
        "flash": cuda.flash_sdp_enabled(),
        "efficient": cuda.mem_efficient_sdp_enabled(),
        "cudnn": cuda.cudnn_sdp_enabled(),
    }


def test_fused_kernels_are_off_on_cuda_and_only_meanwhile() -> None:
    before = kernels()
    with repeatable_attention("cuda:0"):
        assert [name for name, on in kernels().items() if on] == ["plain"]
    assert kernels() == before
    with repeatable_attention("cpu"):
        assert kernels() == before


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_repeat_on_cuda(dtype: torch.dtype) -> None:
    with seeded(0):
        given = [torch.randn(16, 4, 512, 40, device="cuda:0", dtype=dtype) for _ in range(3)]

    def gradients() -> list[Tensor | None]:
        leaves = [tensor.clone().requires_grad_() for tensor in given]
        with deterministic(), repeatable_attention("cuda:0"):
            scaled_dot_product_attention(*leaves).square().sum().backward()
        return [leaf.grad for leaf in leaves]

    first = gradients()
    for _ in range(3):
        assert all(torch.equal(a, b) for a, b in zip(first, gradients(), strict=True))
