"""Weights of 3D convolutions with their channels innermost, which is faster in places."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn

M = TypeVar("M", bound=nn.Module)


def channels_last_on_cuda(module: M, device: str) -> M:
    """Lay out a module's 3D convolutions for a CUDA device, in place.

    cuDNN's tensor-core kernels read channels innermost; a convolution
    whose weights lie so takes and gives such tensors. Values, names and
    weight files stay the same. On the CPU nothing changes.

    Args:
        module: on any device.
        device: where it will run.

    Returns:
        The module.
    """
    return channels_last(module) if torch.device(device).type == "cuda" else module


def channels_last(module: M) -> M:
    """Lay out a module's 3D convolutions so, whatever the device; in place."""
    for part in module.modules():
        if isinstance(part, nn.Conv3d):
            for weight in (p for p in part.parameters(recurse=False) if p.ndim == 5):
                weight.data = weight.data.contiguous(memory_format=torch.channels_last_3d)
    return module
