"""Classifiers: from a video clip to class scores."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from plugins.base import Plugin
from plugins.clips import ClipSet
from plugins.errors import PluginError
from plugins.run import Run
from plugins.types import Features, Scores


class Classifier(Plugin):
    """Learns to tell the classes of clips.

    Attributes:
        reads_config: it has a parameter ``config`` that takes the path of a
            config file: such a path may stand where classifiers are named.
    """

    kind: ClassVar[str] = "classifier"
    reads_config: ClassVar[bool] = False

    def notes(self) -> list[str]:
        """What a reader of the tables must know of it, one sentence each.

        Raises:
            DataError: it cannot be used as it is configured.
        """
        return []

    @abstractmethod
    def fit(self, clips: ClipSet, run: Run) -> None:
        """Learn from clips, from scratch or from given weights.

        Writes the final weights to ``run.folder``, where `load` finds
        them, and checkpoints too: called again on a folder that a killed
        run left behind, it continues and ends with the same weights.

        Raises:
            TrainingError: the training cannot go on.
        """

    @abstractmethod
    def load(self, run: Run) -> None:
        """Make ready to predict with what `fit` left in ``run.folder``."""

    @abstractmethod
    def predict(self, clips: ClipSet) -> Scores:
        """Score each clip.

        Returns:
            (N, K) probabilities, rows summing to 1, on the CPU, in the
            order of the clips.
        """

    def features(self, clips: ClipSet) -> Features:
        """Optional: the features before the last layer, (N, D).

        Raises:
            PluginError: this classifier offers none.
        """
        raise PluginError(f"classifier '{self.name}' offers no features")
