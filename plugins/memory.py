"""Memory that ran out: told from other errors, and given back before another try."""

from __future__ import annotations

import gc

import torch

_WORDS = ("can't allocate memory", "out of memory", "alloc_failed")
"""What torch's CPU allocator, Metal, and cuBLAS and cuDNN say in a plain RuntimeError."""


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether torch could not get the memory that it asked for, on a device or on the CPU."""
    if isinstance(error, torch.OutOfMemoryError):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in said for words in _WORDS)


def give_back(device: str) -> None:
    """Free what nothing refers to any more: tensors in reference cycles, and torch's own reserve.

    To be called outside the ``except`` block: an exception that is being
    handled keeps the tensors of the failed call alive.

    Args:
        device: a torch device string; off CUDA there is no reserve.
    """
    gc.collect()
    if torch.device(device).type == "cuda":
        torch.cuda.empty_cache()
