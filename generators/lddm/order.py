"""Which items make up the batch of a step, from (seed, step) alone."""

from __future__ import annotations

import torch

from plugins.seeds import derive


class Order:
    """Shuffled epochs, cut into full batches: none is short and no item is dropped.

    Args:
        n: items.
        batch_size: items per step; it may exceed ``n``.
        seed: of the order.
    """

    def __init__(self, n: int, batch_size: int, seed: int) -> None:
        self._n, self._batch_size, self._seed = n, batch_size, seed

    def __call__(self, step: int) -> list[int]:
        """The items of a step."""
        first = step * self._batch_size
        return [self._at(i) for i in range(first, first + self._batch_size)]

    def _at(self, position: int) -> int:
        epoch, place = divmod(position, self._n)
        generator = torch.Generator().manual_seed(derive(self._seed, "order", epoch))
        return int(torch.randperm(self._n, generator=generator)[place])
