"""MMEngine's training loop, by the number of the step.

MMEngine's own skips past data on resume by reading them all again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor, nn

from plugins import compat

with compat.quiet():
    from mmengine.registry import LOOPS
    from mmengine.runner import BaseLoop, Runner


@LOOPS.register_module(force=True)
class StepLoop(BaseLoop):
    """Steps, each with the batch of its number: a resumed training reads no past data.

    Args:
        runner: the Runner.
        dataloader: unused; MMEngine wants one.
        max_iters: the number of steps.
        batches: the CPU batch of a step.
        device: where the batches go.
        threads: loader threads; 0 reads in between the steps.
    """

    max_epochs = 1
    epoch = _epoch = 0

    def __init__(
        self,
        runner: Runner,
        dataloader: Any,
        max_iters: int,
        batches: Callable[[int], Any],
        device: str,
        threads: int = 0,
    ) -> None:
        super().__init__(runner, dataloader)
        self.max_iters, self.batches = max_iters, batches
        self.device, self.threads = torch.device(device), threads
        self._iter = 0

    @property
    def iter(self) -> int:
        """The number of the step that comes next."""
        return self._iter

    def run(self) -> nn.Module:
        """Train to the last step."""
        self.runner.call_hook("before_train")
        self.runner.model.train()
        pinned = self.device.type == "cuda"
        for batch in ahead(self._load, range(self._iter, self.max_iters), self.threads):
            ready = moved(batch, lambda t: t.to(self.device, non_blocking=pinned))
            self.runner.call_hook("before_train_iter", batch_idx=self._iter, data_batch=None)
            figures = self.runner.model.train_step(ready, optim_wrapper=self.runner.optim_wrapper)
            self.runner.call_hook(
                "after_train_iter", batch_idx=self._iter, data_batch=None, outputs=figures
            )
            self._iter += 1
        self.runner.call_hook("after_train")
        return self.runner.model

    def _load(self, step: int) -> Any:
        batch = self.batches(step)
        return moved(batch, torch.Tensor.pin_memory) if self.device.type == "cuda" else batch


def ahead(make: Callable[[int], Any], steps: range, threads: int) -> Iterator[Any]:
    """``make`` of every step in order, made ahead by some threads (0: none)."""
    if not threads:
        yield from map(make, steps)
        return
    pool = ThreadPoolExecutor(threads)
    coming: deque[Future[Any]] = deque()
    try:
        for step in steps:
            coming.append(pool.submit(make, step))
            if len(coming) > 2 * threads:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def moved(batch: Any, move: Callable[[Tensor], Tensor]) -> Any:
    """A batch (tensors in dicts, lists and tuples) with every tensor moved."""
    if isinstance(batch, Tensor):
        return move(batch)
    if isinstance(batch, dict):
        return {key: moved(value, move) for key, value in batch.items()}
    if isinstance(batch, (list, tuple)):
        return type(batch)(moved(value, move) for value in batch)
    return batch
