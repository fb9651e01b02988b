"""MMEngine's Runner without side effects on the process, and what it trains.

MMEngine's own prints to the terminal, asks compilers for their version,
sets the process's start method and OpenCV's threads, and names things
after the second in which it starts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from plugins import compat

with compat.quiet():
    from mmengine.logging import MessageHub, MMLogger
    from mmengine.optim import OptimWrapper
    from mmengine.registry import OPTIM_WRAPPERS, DefaultScope
    from mmengine.runner import Runner

Loss = Callable[[Any], dict[str, Tensor]]

_MANAGERS = (MMLogger, MessageHub, DefaultScope)


class NotFiniteError(ArithmeticError):
    """A loss is infinite or not a number.

    Args:
        message: what is, and when.
        part: whose it is: the ``model``'s or its ``adversary``'s.
    """

    def __init__(self, message: str, part: str = "model") -> None:
        super().__init__(message)
        self.part = part


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

    def build_optim_wrapper(self, optim_wrapper: Any) -> Any:
        """Without torch's warning that MMEngine names its gradient scaler in the old way."""
        with compat.quiet():
            return super().build_optim_wrapper(optim_wrapper)

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
    """

    def __init__(self, model: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.model = model
        # A function is not copied with the model when its average is made; a method would be.
        self._loss = lambda batch: loss(batch)

    def train_step(self, batch: Any, optim_wrapper: OptimWrapper) -> dict[str, Tensor]:
        """One update.

        Returns:
            The named figures and their sum ``loss``, detached.

        Raises:
            NotFiniteError: the sum is not finite; nothing was updated.
        """
        figures, total = updated(
            self, self._loss, batch, optim_wrapper, optim_wrapper.inner_count + 1
        )
        return figures | {"loss": total}


def updated(
    trainee: nn.Module,
    loss: Loss,
    batch: Any,
    optim_wrapper: OptimWrapper,
    step: int,
    part: str = "model",
) -> tuple[dict[str, Tensor], Tensor]:
    """Minimise a loss by one step; without figures nothing is done.

    Returns:
        The named figures and the sum of the losses among them, detached.

    Raises:
        NotFiniteError: the sum is not finite; nothing was updated.
    """
    with optim_wrapper.optim_context(trainee):
        figures = {name: value.mean() for name, value in loss(batch).items()}
        total = sum((v for name, v in figures.items() if "loss" in name), torch.zeros(()))
    if not torch.isfinite(total):
        whose = "" if part == "model" else f"{part}'s "
        raise NotFiniteError(f"the {whose}loss is {float(total.detach())} at step {step}", part)
    if figures:
        optim_wrapper.update_params(total)
    return {name: v.detach() for name, v in figures.items()}, total.detach()


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
