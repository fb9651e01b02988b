"""Training against an adversary: two networks that learn in turn, each with its own optimizer.

In MMEngine's own way: an `OptimWrapperDict`, and a ``train_step`` that
updates both, so that checkpoints, averaging and precision hold for either.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from torch import Tensor, nn

from plugins import compat
from plugins.recipe import Recipe
from plugins.runner import Loss, Trainee, updated

with compat.quiet():
    from mmengine.optim import OptimWrapper, OptimWrapperDict, build_optim_wrapper
    from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS

MODEL, ADVERSARY = "model", "adversary"


class Adversary(NamedTuple):
    """What learns beside the model, such as a discriminator; it is not kept.

    Attributes:
        model: with its initial weights.
        loss: from a batch to named scalars, as the model's own. An empty dict:
            the adversary does not learn in this step.
        recipe: how its weights are learned; ``ema`` is the model's alone.
        reads: names under which the model's loss returns, beside its scalars,
            tensors for the adversary, such as what the model made of the
            batch. Where they are returned, the adversary's loss finds them in
            its batch, detached.
    """

    model: nn.Module
    loss: Loss
    recipe: Recipe
    reads: tuple[str, ...] = ()


class AdversarialTrainee(Trainee):
    """The model with its loss, and its adversary.

    Args:
        model: what is trained.
        loss: as `Trainee`'s.
        adversary: what learns in turn.
    """

    def __init__(self, model: nn.Module, loss: Loss, adversary: Adversary) -> None:
        super().__init__(model, loss)
        self.adversary, self._reads = adversary.model, adversary.reads
        self._adversarys_loss = lambda batch: adversary.loss(batch)

    def train_step(self, batch: Any, optim_wrapper: OptimWrapper) -> dict[str, Tensor]:
        """An update of the model with the adversary held still, then one of the adversary.

        Returns:
            The named figures of both and the model's ``loss``, detached.

        Raises:
            NotFiniteError: a loss is not finite.
        """
        wrappers: Any = optim_wrapper
        shown: dict[str, Tensor] = {}

        def loss(batch: Any) -> dict[str, Tensor]:
            returned = dict(self._loss(batch))
            shown.update({n: returned.pop(n).detach() for n in self._reads if n in returned})
            return returned

        step = wrappers[MODEL].inner_count + 1
        with held_still(self.adversary):
            figures, total = updated(self, loss, batch, wrappers[MODEL], step)
        seen = {**batch, **shown} if shown else batch
        theirs, _ = updated(self, self._adversarys_loss, seen, wrappers[ADVERSARY], step, ADVERSARY)
        return theirs | figures | {"loss": total}


@contextmanager
def held_still(module: nn.Module) -> Iterator[None]:
    """Gradients pass through a module and leave its parameters alone."""
    learning = [p for p in module.parameters() if p.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)


class OptimWrappers(OptimWrapperDict):
    """An `OptimWrapperDict` that tells each wrapper at which step a training continues."""

    def initialize_count_status(self, model: nn.Module, cur_iter: int, max_iters: int) -> None:
        """Start all the counts at a step."""
        for wrapper in self.values():
            wrapper.initialize_count_status(model, cur_iter, max_iters)


@OPTIM_WRAPPER_CONSTRUCTORS.register_module(force=True)
class OptimWrapperPerPart:
    """MMEngine's ``constructor`` of several optimizers: one for each part of a trainee.

    Args:
        optim_wrapper_cfg: by the part's name, its own ``optim_wrapper`` section.
        paramwise_cfg: none here; it stands in the sections.
    """

    def __init__(self, optim_wrapper_cfg: dict[str, Any], paramwise_cfg: None = None) -> None:
        self._sections = optim_wrapper_cfg

    def __call__(self, model: nn.Module) -> OptimWrappers:
        """The wrappers by the part's name."""
        return OptimWrappers(
            **{
                name: build_optim_wrapper(model.get_submodule(name), section)
                for name, section in self._sections.items()
            }
        )


@contextmanager
def may_sit_out() -> Iterator[None]:
    """Without the warning that an optimizer has made no step yet when its rate changes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*`scheduler\.step\(\)` before `optimizer\.step\(\)`")
        yield
