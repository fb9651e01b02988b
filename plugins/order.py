"""Which items make up the batch of a training step, from (seed, step) alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from plugins.seeds import derive


class Order:
    """Shuffled epochs, cut into full batches: none is short and no item is dropped.

    Args:
        pools: items that are taken from in turn, so that each pool gets an
            equal share (the rarer items repeat more); one pool for a plain order.
        batch_size: items per step; it may exceed their number.
        seed: of the order.
    """

    def __init__(self, pools: Sequence[Sequence[int]], batch_size: int, seed: int) -> None:
        self._pools, self._batch_size, self._seed = pools, batch_size, seed

    def __call__(self, step: int) -> list[int]:
        """The items of a step."""
        first = step * self._batch_size
        return [self._at(i) for i in range(first, first + self._batch_size)]

    def _at(self, position: int) -> int:
        turn, which = divmod(position, len(self._pools))
        pool = self._pools[which]
        epoch, place = divmod(turn, len(pool))
        seed = derive(self._seed, "order", which, epoch)
        order = torch.randperm(len(pool), generator=torch.Generator().manual_seed(seed))
        return pool[int(order[place])]
