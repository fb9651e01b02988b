"""Numbers for tests, the same at every call."""

from __future__ import annotations

import torch


def randn(*shape: int, seed: int = 0) -> torch.Tensor:
    """Normal ones of any shape."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def rand(*shape: int, seed: int = 0) -> torch.Tensor:
    """Uniform ones in [0, 1) of any shape."""
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))
