"""Memory that ran out, told from other errors."""

from __future__ import annotations

import torch


def ran_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch could not get the memory that it asked for, on a device or on the CPU."""
    on_cpu = "can't allocate memory" in str(error)
    return on_cpu or isinstance(error, torch.OutOfMemoryError)
