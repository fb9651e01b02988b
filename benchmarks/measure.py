"""How long, how much memory and how many floating-point operations a computation takes."""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

MIB = 2**20
_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def synchronise(device: str) -> None:
    """Wait until the device has done all that it was given."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)


def timed(call: Callable[[], Any], device: str, seconds: float, least: int = 3) -> list[float]:
    """Seconds of each of some calls: at least ``least``, and for ``seconds`` in all."""
    taken: list[float] = []
    while len(taken) < least or sum(taken) < seconds:
        synchronise(device)
        start = time.perf_counter()
        call()
        synchronise(device)
        taken.append(time.perf_counter() - start)
    return taken


def spread(values: list[float]) -> str:
    """Median, range and number."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.3g} ({low:.3g}-{high:.3g}, n {len(values)})"


def flops(call: Callable[[], Any]) -> float:
    """Floating-point operations of the matrix products and convolutions of a call, gradients too.

    Attention is counted as the two products that it is, whatever kernel computes it.
    """
    counter = FlopCounterMode(display=False)
    with sdpa_kernel(SDPBackend.MATH), counter:
        call()
    return float(counter.get_total_flops())


def matrix_peak(device: str, dtype: torch.dtype, seconds: float = 1.0) -> float:
    """FLOP/s of the best of some large square matrix products."""
    n = 8192 if torch.device(device).type == "cuda" else 1024
    a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
    _ = a @ b
    return 2 * n**3 / min(timed(lambda: a @ b, device, seconds))


def forget_peak(device: str) -> None:
    """Measure the peak of memory from here on, where the system can."""
    if torch.device(device).type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif _CLEAR.exists():
        _CLEAR.write_text("5")  # Linux: the peak of the resident set is what it is now


def peak_memory(device: str) -> float:
    """MiB: allocated on CUDA; on the CPU the process's resident set, with all its libraries."""
    if torch.device(device).type == "cuda":
        return torch.cuda.max_memory_allocated(device) / MIB
    if _STATUS.exists():
        line = next(x for x in _STATUS.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MIB if sys.platform == "darwin" else most / 1024
