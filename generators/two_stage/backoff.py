"""Batches as large as memory takes: halved where it runs out, widened where there is room.

A sample does not depend on its batch (see `noise`), so the size is a
matter of speed and memory alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, TypeVar

import torch
from pydantic import Field

from plugins.memory import give_back, ran_out_of_memory

T = TypeVar("T")
BatchSize = Annotated[int, Field(ge=1)] | Literal["auto"]

FIRST = 16
"""What ``auto`` begins with, and stays at where memory cannot be measured (off CUDA)."""

SHARE = 0.7
"""Of the device's memory, what ``auto`` fills; the rest is for fragments and other processes."""


class Batches:
    """Splits work into batches and remembers what size fitted.

    Args:
        batch_size: at a time; ``auto`` begins with `FIRST`.
        device: where the work is done.
        widen: with ``auto`` on CUDA, all batches of a call after its first are
            so large that they fill `SHARE` of the memory, judged by what the
            first full one took. Each call begins with `FIRST`, so that what
            is together in a batch does not depend on the calls before.

    Attributes:
        size: at a time, at most.
    """

    def __init__(self, batch_size: BatchSize, device: str, *, widen: bool = False) -> None:
        self.size = FIRST if batch_size == "auto" else batch_size
        self._device = device
        on_cuda = torch.device(device).type == "cuda"
        self._widens = self._measures = widen and batch_size == "auto" and on_cuda

    def __call__(self, make: Callable[[range], T], n: int) -> list[T]:
        """Call ``make`` with consecutive ranges that together are ``range(n)``.

        A batch that does not fit into memory is halved and made again,
        and later ones are no larger.

        Returns:
            The results, in order.

        Raises:
            RuntimeError: torch's own, where not even one fits.
        """
        made: list[T] = []
        start = 0
        while start < n:
            size = min(self.size, FIRST) if self._widens and start == 0 else self.size
            indices = range(start, min(start + size, n))
            before = self._in_use(len(indices))
            done, part = _tried(make, indices)
            if done:
                made += part
                start = indices.stop
                self._widen(len(indices), before)
            else:
                self.size, self._measures = len(indices) // 2, False
                give_back(self._device)
        return made

    def _in_use(self, n: int) -> int:
        """Bytes in use before a batch of n that is measured; the peak counts from here on."""
        if not self._measures or n < self.size:
            return 0
        torch.cuda.reset_peak_memory_stats(self._device)
        return torch.cuda.memory_allocated(self._device)

    def _widen(self, n: int, before: int) -> None:
        """Take the size from what a batch of n took, once."""
        if not self._measures or n < self.size:
            return
        taken = torch.cuda.max_memory_allocated(self._device) - before
        total = torch.cuda.get_device_properties(self._device).total_memory
        self.size, self._measures = widened(n, taken, SHARE * total - before), False


def widened(n: int, taken: int, room: float) -> int:
    """n, doubled as often as ``room`` bytes hold it, where n took ``taken``.

    Doubled, so that a little more or less of other memory in use leads to
    the same batches.
    """
    size = n
    while taken > 0 and 2 * size * taken <= n * room:
        size *= 2
    return size


def _tried(make: Callable[[range], T], indices: range) -> tuple[bool, list[T]]:
    """Whether memory sufficed, and the result in a list.

    Returning lets go of the exception before the next try, and with it of
    the tensors that its traceback holds.
    """
    try:
        return True, [make(indices)]
    except RuntimeError as error:
        if len(indices) == 1 or not ran_out_of_memory(error):
            raise
        return False, []
