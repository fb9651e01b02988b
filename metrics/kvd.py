"""KVD: the kernel distance of two sets, as a video network sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from jaxtyping import Float64
from numpy import ndarray
from pydantic import PrivateAttr

from metrics.by_parameter import by_parameter
from metrics.distance.kernel_distance import kernel_between, kernel_distance
from metrics.distance.pool import Statistic
from metrics.feature_distance import FeatureDistance
from metrics.seen import Seen, files_of
from plugins import Metric, ParameterSet, hookimpl

Backend = Literal["google", "videogpt", "dtfvd", "self"]

_TITLES = {
    "google": "KVD (google)",
    "videogpt": "KVD (videogpt)",
    "dtfvd": "KVD (DTDB)",
    "self": "KD (own classifier)",
}
_WEIGHTS = {name: files_of(name) for name in _TITLES}


class KVD(Seen, FeatureDistance):
    """Kernel video distance: unbiased MMD^2 with a cubic kernel; 0 in the mean for equal sets.

    Unlike FVD it does not hang on the number of clips, and may be negative.
    The detail ``SE`` is its jackknife standard error over patients. For
    ``self`` see `metrics.fvd.FVD`. Source: `metrics.distance.kernel_distance`.
    """

    name: ClassVar[str] = "kvd"
    title: ClassVar[str] = by_parameter("backend", _TITLES)
    weights: ClassVar[tuple[str, ...]] = by_parameter("backend", _WEIGHTS)
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "google": ParameterSet("FVD's original features", {"backend": "google"}),
        "videogpt": ParameterSet("VideoGPT's and cd-fvd's features", {"backend": "videogpt"}),
        "dtfvd": ParameterSet("DTFVD's features", {"backend": "dtfvd"}),
        "self": ParameterSet("features of the experiment's classifier", {"backend": "self"}),
    }

    explained: ClassVar[str] = (
        "0 in the mean for equal sets, whatever their size; SE: its standard error, the largest "
        "of the samples'; floor, half and p as for a Fréchet distance"
    )

    backend: Backend = "google"
    """Whose features and preprocessing."""

    _errors: list[float] = PrivateAttr(default_factory=list)

    def reset(self) -> None:
        super().reset()
        self._errors.clear()

    def between(
        self,
        real: Float64[ndarray, "N D"],
        generated: Float64[ndarray, "N D"],
        groups: list[str],
    ) -> float:
        """See `FeatureDistance.between`; only pairs of clips of different patients count."""
        found = kernel_distance(real, generated, units=groups)
        if found.standard_error is not None:
            self._errors.append(found.standard_error)
        return found.value

    def statistic(self) -> Statistic:
        """See `FeatureDistance.statistic`."""
        return kernel_between

    def details(self) -> dict[str, float]:
        """Also the standard error, the largest of the samples'."""
        errors = {"SE": float(np.max(self._errors))} if self._errors else {}
        return errors | super().details()


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [KVD]
