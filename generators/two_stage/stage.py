"""What the two stages share: how a network is drawn, trained and kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from torch import Tensor, nn

from generators.autoencoder.settings import AutoencoderSettings
from generators.two_stage.checks import notes_of
from plugins.reproducible import seeded
from plugins.run import Run
from plugins.runner import Loss
from plugins.training import train

Batch = dict[str, Tensor]
M = TypeVar("M", bound=nn.Module)


class Stage(NamedTuple):
    """One of the two trainings.

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
            return build()

    def learn(
        self,
        model: nn.Module,
        loss: Loss,
        batches: Callable[[int], Batch],
        settings: AutoencoderSettings,
        shape: tuple[int, int, int, int],
        run: Run,
        ema: float | None = None,
    ) -> None:
        """Train a network; see `plugins.training.train`.

        Args:
            model: with its initial weights.
            loss: of a batch, by name.
            batches: from a step to its batch.
            settings: steps, learning rate and all else.
            shape: (C, T, H, W) of the training clips.
            run: its folder holds the weights.
            ema: decay of the weights' average, where they are averaged.

        Raises:
            TrainingError: the folder holds another training's files, or the
                training fails.
        """
        lr, batch_size, steps = (f"{self.name}_{what}" for what in ("lr", "batch", "steps"))
        train(
            model,
            loss,
            batches,
            getattr(settings, steps),
            run,
            recipe=settings.recipe(getattr(settings, lr), ema),
            stage=self.name,
            weights=self.weights,
            notes=notes_of(run.folder / self.weights, settings.chosen(self.fields), shape),
            checkpoint_every=settings.checkpoint_every,
            called={"lr": lr, "batch_size": batch_size},
        )
