"""The distances between two sets of clips that need no weight file.

`fvd:self` and `kvd:self` compare what a classifier of the experiment sees, the others what
`metrics.motion` computes from the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from metrics.distance.frechet import frechet_distance
from metrics.distance.kernel_distance import kernel_distance
from metrics.fvd import FVD
from metrics.kvd import KVD
from metrics.motion import DifferenceMean, DifferenceSpectrum, FlowDirection, FlowMagnitude
from metrics.setdistance import SetDistance
from plugins.classifier import Classifier
from plugins.clips import ClipSet

Seen = dict[str, np.ndarray]
"""What is seen in N clips, (N, F) float64, by the ruler's name."""


class Reading(NamedTuple):
    """A distance and, where it is known, its standard error."""

    value: float
    error: float | None = None


@dataclass(frozen=True)
class Ruler:
    """A distance by its name in experiments."""

    name: str
    metric: FVD | KVD | SetDistance

    def between(self, first: np.ndarray, second: np.ndarray) -> Reading:
        """The distance of two sets of independent clips, (N, F) and (M, F)."""
        if isinstance(self.metric, KVD):
            found = kernel_distance(first, second)
            return Reading(found.value, found.standard_error)
        if isinstance(self.metric, FVD):
            return Reading(frechet_distance(first, second, ddof=self.metric.ddof))
        return Reading(float(self.metric.distance(first, second)))


RULERS = (
    Ruler("fvd:self", FVD(backend="self")),
    Ruler("kvd:self", KVD(backend="self")),
    Ruler("difference-mean", DifferenceMean()),
    Ruler("difference-spectrum", DifferenceSpectrum()),
    Ruler("flow-magnitude", FlowMagnitude()),
    Ruler("flow-direction", FlowDirection()),
)


def seen(clips: ClipSet, classifier: Classifier) -> Seen:
    """What every ruler compares of some clips; the classifier looks at them once."""
    features = classifier.features(clips).double().numpy()
    return {ruler.name: _described(ruler, clips, features) for ruler in RULERS}


def _described(ruler: Ruler, clips: ClipSet, features: np.ndarray) -> np.ndarray:
    metric = ruler.metric
    if not isinstance(metric, SetDistance):
        return features
    return np.stack([metric.describe(clips[i]) for i in range(len(clips))]).astype(np.float64)
