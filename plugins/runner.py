"""MMEngine's Runner, its loop and its optimizer wrapper, without side effects on the process.

MMEngine's own Runner prints to the terminal, asks compilers for their
version, sets the process's start method and OpenCV's threads, names
things after the second in which it starts, and skips past data on resume
by reading them all again.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from plugins import compat

with compat.quiet():
    from mmengine.logging import MessageHub, MMLogger
    from mmengine.optim import OptimWrapper
    from mmengine.registry import LOOPS, OPTIM_WRAPPERS, DefaultScope
    from mmengine.runner import BaseLoop, Runner

_MANAGERS = (MMLogger, MessageHub, DefaultScope)


class QuietRunner(Runner):
    """A Runner that writes to one log file and leaves the process as it was.

    Args:
        log: the file that log lines are appended to.
        device: where the model is.
        name: of the training; no two trainings at a time share it.
        **sections: MMEngine's Runner's own arguments.
    """

    def __init__(self, *, log: Path, device: str, name: str, seed: int, **sections: Any) -> None:
        self._log_path, self._device = log, device
        super().__init__(experiment_name=name, randomness={"seed": seed}, **sections)

    def setup_env(self, env_cfg: dict[str, Any]) -> None:
        """One process; a fixed word instead of the time, which is no name."""
        self._rank, self._world_size, self._timestamp = 0, 1, "run"

    def set_randomness(
        self, seed: int, diff_rank_seed: bool = False, deterministic: bool = False
    ) -> None:
        """Keep the seed; random state is set before every step."""
        self._seed, self._deterministic = seed, deterministic

    def build_logger(self, log_level: int | str = "INFO", **options: Any) -> MMLogger:
        """Log to the file, never to the terminal."""
        logger = super().build_logger(log_level, log_file=str(self._log_path))
        for handler in list(logger.handlers):
            if not isinstance(handler, logging.FileHandler):
                logger.handlers.remove(handler)
        return logger

    def build_visualizer(self, visualizer: Any = None) -> None:
        """None: it would open a figure."""

    def wrap_model(self, model_wrapper_cfg: Any, model: nn.Module) -> nn.Module:
        """Put the model on the run's device, not on the first GPU that there is."""
        return model.to(self._device)

    def load_checkpoint(
        self, filename: str, map_location: Any = "cpu", strict: bool = True, **options: Any
    ) -> Any:
        """Load by way of the CPU; every key must match."""
        return super().load_checkpoint(filename, map_location="cpu", strict=strict, **options)

    def dump_config(self) -> None:
        """Nothing: what was run stands in the caller's own records."""

    def close(self) -> None:
        """Let go of the log file and of MMEngine's global instances of this training."""
        for handler in list(self.logger.handlers):
            handler.close()
        for manager in _MANAGERS:
            manager._instance_dict.pop(self.experiment_name, None)

    def get_hooks_info(self) -> str:
        """No list of hooks in the log: it is always the same."""
        return "see the source"

    def _log_env(self, env_cfg: dict[str, Any]) -> None:
        self.logger.info(f"torch {torch.__version__}, device {self._device}, seed {self._seed}")


class Trainee(nn.Module):
    """The model with its loss, as the Runner trains it.

    Args:
        model: what is trained.
        loss: from a batch to named scalars; those whose name holds
            ``loss`` are summed and minimised, the others are only logged.
        check: called with the sum before each update.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Any], dict[str, Tensor]],
        check: Callable[[float], None],
    ) -> None:
        super().__init__()
        self.model = model
        # Functions are not copied with the model when its average is made.
        self._loss = lambda batch: loss(batch)
        self._check = lambda value: check(value)

    def train_step(self, batch: Any, optim_wrapper: OptimWrapper) -> dict[str, Tensor]:
        """One update.

        Returns:
            The named figures and their sum ``loss``, detached.
        """
        with optim_wrapper.optim_context(self):
            figures = {name: value.mean() for name, value in self._loss(batch).items()}
            total = sum((v for name, v in figures.items() if "loss" in name), torch.zeros(()))
        self._check(float(total.detach()))
        optim_wrapper.update_params(total)
        return {name: v.detach() for name, v in figures.items()} | {"loss": total.detach()}


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


@OPTIM_WRAPPERS.register_module(force=True)
class BFloat16OptimWrapper(OptimWrapper):
    """Updates with bfloat16 forward passes; unlike fp16 it needs no scaling of the loss.

    MMEngine's AmpOptimWrapper takes the first GPU that there is for the
    device and refuses the CPU.
    """

    def __init__(self, *, device_type: str, **options: Any) -> None:
        super().__init__(**options)
        self._device_type = device_type

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast around the forward pass."""
        with super().optim_context(model), torch.autocast(self._device_type, torch.bfloat16):
            yield


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
