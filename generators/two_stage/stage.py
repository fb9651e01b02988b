"""What all stages share: how a network is drawn, trained and kept."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from torch import Tensor, nn

from generators.autoencoder.channels_last import channels_last_on_cuda
from generators.autoencoder.settings import AutoencoderSettings
from generators.two_stage.checks import notes_of
from plugins.recipe import Recipe
from plugins.reproducible import seeded
from plugins.run import Run
from plugins.runner import Loss
from plugins.training import Adversary, train

Batch = dict[str, Tensor]
M = TypeVar("M", bound=nn.Module)


class Stage(NamedTuple):
    """One of the trainings.

    Attributes:
        name: its own settings begin with it (``autoencoder_steps``), and its
            seeds follow from it.
        weights: the name of its weight file.
        fields: the settings that its weights depend on.
    """

    name: str
    weights: str
    fields: tuple[str, ...]

    def initial(self, build: Callable[[], M], run: Run) -> M:
        """A network with the initial weights that the run's seed gives it."""
        with seeded(run.derive(self.name, "initial weights")):
            return channels_last_on_cuda(build(), run.device)

    def steps(self, settings: AutoencoderSettings, n_clips: int) -> int:
        """Optimizer steps: as many as are set, or as the epochs take, rounded up."""
        steps, epochs, batch_size = (
            getattr(settings, f"{self.name}_{what}") for what in ("steps", "epochs", "batch")
        )
        return steps if epochs is None else math.ceil(epochs * n_clips / batch_size)

    def learn(
        self,
        model: nn.Module,
        loss: Loss,
        batches: Callable[[int], Batch],
        n_clips: int,
        settings: AutoencoderSettings,
        shape: tuple[int, int, int, int],
        run: Run,
        recipe: Recipe | None = None,
        notes: dict[str, Any] | None = None,
        adversary: Adversary | None = None,
    ) -> None:
        """Train a network; see `plugins.training.train`.

        Args:
            model: with its initial weights.
            loss: of a batch, by name.
            batches: from a step to its batch.
            n_clips: in the training set, for epochs.
            settings: steps, learning rate and all else.
            shape: (C, T, H, W) of the training clips.
            run: its folder holds the weights.
            recipe: how the weights are learned; None: as the settings have it.
            notes: further JSON values to keep with the weights.
            adversary: what learns in turn with the network, if anything.

        Raises:
            TrainingError: the folder holds another training's files, or the
                training fails.
        """
        lr, batch_size = (f"{self.name}_{what}" for what in ("lr", "batch"))
        kept = notes_of(run.folder / self.weights, settings.chosen(self.fields), shape)
        train(
            model,
            loss,
            batches,
            self.steps(settings, n_clips),
            run,
            recipe=recipe or settings.recipe(getattr(settings, lr)),
            adversary=adversary,
            stage=self.name,
            weights=self.weights,
            notes={**kept, **(notes or {})},
            checkpoint_every=settings.checkpoint_every,
            batch_size=getattr(settings, batch_size),
            called={"lr": lr, "batch_size": batch_size, "adversary_lr": "discriminator_lr"},
        )
