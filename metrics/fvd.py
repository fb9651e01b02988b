"""FVD and DTFVD: how far apart the sets are, as a video network sees them.

Unterthiner et al., "Towards Accurate Generative Models of Video: A New
Metric and Challenges", 2018, arXiv 1812.01717; for dynamic textures
Dorkenwald et al., CVPR 2021 (DTFVD). The distance is `metrics.distance.frechet`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from statistics import fmean
from typing import ClassVar, Literal

from jaxtyping import Float64
from numpy import ndarray

from metrics.by_parameter import by_parameter
from metrics.distance.extrapolation import NEEDED, extrapolated_frechet
from metrics.distance.frechet import Ddof, frechet_between, frechet_distance
from metrics.distance.pool import Statistic
from metrics.feature_distance import FeatureDistance
from metrics.seen import Seen, files_of
from metrics.video.pretrained import Pretrained, weights_of
from plugins import Metric, ParameterSet, hookimpl
from plugins.features import FeatureNetwork

Backend = Literal["google", "styleganv", "videogpt", "imagenet", "self"]

_DDOF: dict[str, Ddof] = {"google": 1, "styleganv": 0, "videogpt": 0, "imagenet": 1, "self": 1}
_TITLES = {
    **{name: f"FVD ({name})" for name in ("google", "styleganv", "videogpt")},
    "imagenet": "FD (rgb_imagenet)",
    "self": "FD (own classifier)",
}
_DTFVD = {16: "dtfvd", 32: "dtfvd-32"}
_WEIGHTS = {name: files_of(name) for name in _DDOF}


class Frechet(FeatureDistance):
    """Fréchet distance of two sets; biased by their size, so compare at equal n only.

    Where n is at least four times the number of features, the detail
    ``at infinite n`` is the extrapolation of Chong and Forsyth, CVPR 2020.
    """

    @property
    def ddof(self) -> Ddof:
        """Covariances over n - ddof."""
        return 1

    def between(
        self,
        real: Float64[ndarray, "N D"],
        generated: Float64[ndarray, "N D"],
        groups: list[str],
    ) -> float:
        """See `FeatureDistance.between`."""
        return frechet_distance(real, generated, ddof=self.ddof)

    def statistic(self) -> Statistic:
        """See `FeatureDistance.statistic`."""
        return partial(frechet_between, ddof=self.ddof)

    def _found_details(
        self, real: Float64[ndarray, "N D"], generated: Float64[ndarray, "S N D"], groups: list[str]
    ) -> dict[str, float]:
        found = super()._found_details(real, generated, groups)
        if len(real) >= NEEDED * real.shape[1]:
            lines = [
                extrapolated_frechet(real, sample, ddof=self.ddof, seed=self.seed)
                for sample in generated
            ]
            found["at infinite n"] = fmean(line.value for line in lines)
        return found


class FVD(Seen, Frechet):
    """Fréchet video distance; 0 for equal sets, lower is better.

    ``google``, ``styleganv`` and ``videogpt`` are the ways in which figures
    were published: other preprocessing, weights and divisors, which give
    other figures. ``self`` is no FVD: it takes the features of a classifier
    of this experiment, trained on the split's real videos, since a network
    that learned from films knows little of ultrasound, and needs no file.
    Nor is ``imagenet``: the file that is easiest to get holds other weights
    than those that FVD was defined with.
    """

    name: ClassVar[str] = "fvd"
    title: ClassVar[str] = by_parameter("backend", _TITLES)
    weights: ClassVar[tuple[str, ...]] = by_parameter("backend", _WEIGHTS)
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "google": ParameterSet("the original's preprocessing, N - 1", {"backend": "google"}),
        "styleganv": ParameterSet("StyleGAN-V's TorchScript file, N", {"backend": "styleganv"}),
        "videogpt": ParameterSet("as TATS and cd-fvd, from VideoGPT, N", {"backend": "videogpt"}),
        "imagenet": ParameterSet("piergiaj's rgb_imagenet.pt: no FVD", {"backend": "imagenet"}),
        "self": ParameterSet("features of the experiment's classifier", {"backend": "self"}),
    }

    backend: Backend = "google"
    """Whose features, preprocessing and divisor."""

    @property
    def ddof(self) -> Ddof:
        """The backend's divisor."""
        return _DDOF[self.backend]


class DTFVD(Frechet):
    """FVD with features of an I3D that learned dynamic textures (DTDB), over n - 1.

    Clips of 16 frames; shorter ones are repeated from their start, longer
    ones cut. Or of exactly 32, by the network of 32.
    """

    name: ClassVar[str] = "dtfvd"
    title: ClassVar[str] = by_parameter("frames", {16: "DTFVD", 32: "DTFVD (32)"})
    weights: ClassVar[tuple[str, ...]] = by_parameter(
        "frames", {n: weights_of(network) for n, network in _DTFVD.items()}
    )
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "32": ParameterSet("the network of 32 frames", {"frames": 32}),
    }
    explained: ClassVar[str] = (
        f"{Frechet.explained}. No checksum of the network's file is published: that it is the "
        "authors' is yours to know"
    )

    frames: Literal[16, 32] = 16
    """The network's."""

    @property
    def network(self) -> FeatureNetwork | None:
        """I3D of DTDB, 16 or 32 frames."""
        return Pretrained(_DTFVD[self.frames])


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [FVD, DTFVD]
