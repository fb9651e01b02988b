"""Equal seeds, equal results: random state and deterministic kernels, for a while."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, cast

import numpy as np
import torch
import torch.utils.deterministic
from torch.nn.attention import SDPBackend, sdpa_kernel


def reseed(seed: int) -> None:
    """Start all global random streams (torch on every device, NumPy, Python) from a seed."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Global random streams start from a seed; afterwards they are as they were before."""
    python, numpy = random.getstate(), np.random.get_state()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices=devices):
        reseed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


@contextmanager
def deterministic() -> Iterator[None]:
    """Kernels whose result is the same every time, where there are such kernels.

    Where there is none (a few backward passes on CUDA) the usual one
    runs. Afterwards torch's settings are as they were before.
    """
    cudnn, memory = torch.backends.cudnn, cast(Any, torch.utils.deterministic)
    fill = memory.fill_uninitialized_memory
    before = (cudnn.deterministic, cudnn.benchmark)
    enabled = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    cudnn.deterministic, cudnn.benchmark = True, False
    torch.use_deterministic_algorithms(True, warn_only=True)
    memory.fill_uninitialized_memory = False  # it costs time, for debugging
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*does not have a deterministic implementation.*")
            yield
    finally:
        memory.fill_uninitialized_memory = fill
        torch.use_deterministic_algorithms(enabled, warn_only=warn_only)
        cudnn.deterministic, cudnn.benchmark = before


def repeatable_attention(device: str) -> AbstractContextManager[Any]:
    """For learning with `deterministic`: attention by the kernel whose gradients repeat.

    On CUDA the fused kernels add up their gradients in any order, unless
    torch is to refuse all that has no deterministic kernel, which
    `deterministic` does not ask for. The plain one holds all products of
    queries and keys, so it takes more memory. Elsewhere nothing changes.
    """
    on_cuda = torch.device(device).type == "cuda"
    chosen: AbstractContextManager[Any] = sdpa_kernel(SDPBackend.MATH) if on_cuda else nullcontext()
    return chosen
