"""Metrics: figures about generated videos or about predictions."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from plugins.base import Plugin

if TYPE_CHECKING:
    from plugins.features import FeatureNetwork
    from plugins.pair import Pair

Ingredient = Literal[
    "real",
    "generated",
    "samples",
    "scores",
    "labels",
    "real_features",
    "generated_features",
    "training_features",
]
CLIPS: tuple[Ingredient, ...] = ("real", "generated", "samples")
PREDICTIONS: tuple[Ingredient, ...] = ("scores", "labels")
FEATURES: tuple[Ingredient, ...] = ("real_features", "generated_features", "training_features")


class Metric(Plugin):
    """One figure, gathered in torchmetrics' way: `update` batch by batch, then `compute`.

    `update` is called with the ingredients that `reads` names, as keyword
    arguments, on the CPU unless it is `on_device`, in batches over the test set:

    ==========  =============================  ==================================
    ingredient  shape                          what it is
    ==========  =============================  ==================================
    real        (B, C, T, H, W) in [0, 1]      clips of the test videos
    generated   (B, C, T, H, W) in [0, 1]      one continuation of each clip's x0; where
                                               there are S, S updates with the same real
    samples     (B, S, C, T, H, W) in [0, 1]   S continuations of each clip's x0
    scores      (N, K)                         a classifier's probabilities
    labels      (N,) integers                  the true class indices
    ==========  =============================  ==================================

    Or, in one update and as `plugins.features.FeatureSet`, what its `network`
    sees: ``real_features`` of the test videos' clips and
    ``generated_features`` of all samples, row by row of the same x0, and
    ``training_features`` of clips of the videos that generators learned from,
    up to 8 of each, evenly spread, a row each. They are computed once for all
    metrics on one network.

    Attributes:
        reads: the ingredients; the matrix adds the cells that they take.
        title: the column's heading in tables.
        direction: whether ``higher`` or ``lower`` is better.
        unit: of the figure; empty for a pure number.
        paired: resampling the test videos gives a valid interval: the
            figure is a mean over them, or a score of their predictions (it
            would be wrong for a distance between two sets).
        weights: names of the weight files that it needs.
        least_samples: videos per test video (``synthesis.per_test_video``) below
            which there is no such figure.
        explained: a sentence that a reader of the table needs, below it.
        on_device: clips are given on the run's device, for metrics whose
            networks look at them there.
    """

    kind: ClassVar[str] = "metric"
    reads: ClassVar[tuple[Ingredient, ...]]
    title: ClassVar[str]
    direction: ClassVar[Literal["higher", "lower"]]
    unit: ClassVar[str] = ""
    paired: ClassVar[bool] = False
    weights: ClassVar[tuple[str, ...]] = ()
    least_samples: ClassVar[int] = 1
    explained: ClassVar[str] = ""
    on_device: ClassVar[bool] = False

    @property
    def network(self) -> FeatureNetwork | None:
        """Whose features it reads; None: those of a classifier, see `classifier`."""
        return None

    @property
    def classifier(self) -> str:
        """Where `network` is None, the experiment's name of the classifier that gives features.

        Trained on the split's real videos. Empty: the experiment's first.
        """
        return ""

    @abstractmethod
    def reset(self) -> None:
        """Forget all updates."""

    @abstractmethod
    def update(self, *args: Any, **ingredients: Any) -> None:
        """Take in one batch; a metric names its ingredients as its arguments."""

    @abstractmethod
    def compute(self) -> float:
        """The figure over all updates.

        Raises:
            BenchError: there is no such figure for these data (too few
                clips, only one class present); says why.
        """

    def interval(self) -> tuple[float, float] | None:
        """A 95 % interval of the figure last computed, where theory gives one.

        It is used where every test video is another patient. Elsewhere,
        or where it is None, the harness resamples patients, if the metric
        is `paired`.
        """
        return None

    def details(self) -> dict[str, float]:
        """Figures that belong to the one last computed, such as its floor, by name.

        Tables print them beside it.
        """
        return {}

    def pairs(self) -> list[Pair]:
        """For the figure last computed, synthesized clips beside training clips, worst first.

        For metrics of ``generated_features`` and ``training_features``. A
        run draws the first `plugins.pair.AT_MOST` as a sheet.
        """
        return []
