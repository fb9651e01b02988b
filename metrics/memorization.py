"""Whether a generator gives back its training videos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import PrivateAttr
from torch import Tensor

from metrics.by_parameter import by_parameter
from metrics.pixels import Pixels
from metrics.video.pretrained import Pretrained, weights_of
from plugins import BenchError, Metric, ParameterSet, hookimpl
from plugins.features import FeatureNetwork, FeatureSet
from plugins.metric import Ingredient

AT_ONCE = 256
"""Clips whose distances are in memory at a time."""

Backend = Literal["pixels", "self", "google"]

_TITLES = {
    "pixels": "Copies (pixels)",
    "self": "Copies (own classifier)",
    "google": "Copies (I3D)",
}


class Copies(Metric):
    """The share of synthesized clips that stand out by their nearness to one training patient.

    Per clip x: r(x) = d(x, nearest training clip) / median d(x, training
    clips of other patients than the nearest's), Euclidean. A copy has a
    small r; a clip that is near to everything, as smooth ones are, has not.
    Counted are clips with a smaller r than any test video has, which no
    generator has seen: by chance that is one clip in n + 1, for n test
    videos. It finds whole clips given back, not a copied motion under another image.

    The detail ``nearness`` is the median r over that of the test videos:
    well below 1, synthesized clips keep to the training videos.

    Sources: held-out data as the measure, Meehan, Chaudhuri and Dasgupta, "A
    non-parametric test to detect data-copying in generative models", AISTATS
    2020, section 3; distances relative to other training data, Carlini et
    al., "Extracting training data from diffusion models", USENIX Security 2023, section 4.2.
    """

    name: ClassVar[str] = "copies"
    title: ClassVar[str] = by_parameter("backend", _TITLES)
    unit: ClassVar[str] = "%"
    direction: ClassVar[Literal["higher", "lower"]] = "lower"
    reads: ClassVar[tuple[Ingredient, ...]] = (
        "real_features",
        "generated_features",
        "training_features",
    )
    weights: ClassVar[tuple[str, ...]] = by_parameter(
        "backend", {"pixels": (), "self": (), "google": weights_of("google")}
    )
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "pixels": ParameterSet("grey values at 32 x 32 pixels", {"backend": "pixels"}),
        "self": ParameterSet("features of the experiment's classifier", {"backend": "self"}),
        "google": ParameterSet("FVD's original features", {"backend": "google"}),
    }

    explained: ClassVar[str] = (
        "videos nearer to one training patient, relative to the others, than any test video is; by "
        "chance 1 in n + 1; nearness: the median over that of test videos"
    )

    backend: Backend = "pixels"
    """What distances are taken of."""

    of: str = ""
    """For ``self``: the experiment's name of the classifier; empty: its first."""

    _ratios: tuple[Tensor, Tensor] | None = PrivateAttr(None)

    @property
    def network(self) -> FeatureNetwork | None:
        """The backend's; None for ``self``."""
        if self.backend == "pixels":
            return Pixels()
        return None if self.backend == "self" else Pretrained(self.backend)

    @property
    def classifier(self) -> str:
        """See `Metric.classifier`."""
        return self.of

    def reset(self) -> None:
        self._ratios = None

    def update(
        self,
        real_features: FeatureSet,
        generated_features: FeatureSet,
        training_features: FeatureSet,
    ) -> None:
        """Take in the three sets.

        Raises:
            BenchError: there are some already, or training clips of one patient only.
        """
        if self._ratios:
            raise BenchError(f"metric '{self.name}': it takes whole sets, once")
        self._ratios = (
            ratios(real_features, training_features),
            ratios(generated_features, training_features),
        )

    def compute(self) -> float:
        """Percent of the synthesized clips.

        Raises:
            BenchError: there are no clips.
        """
        unseen, made = self._both()
        return 100 * float((made < unseen.min()).double().mean())

    def details(self) -> dict[str, float]:
        """``nearness``; left out where half of the test videos equal training videos."""
        unseen, made = self._both()
        usual = float(unseen.median())
        return {"nearness": float(made.median()) / usual} if usual else {}

    def _both(self) -> tuple[Tensor, Tensor]:
        if not self._ratios:
            raise BenchError(f"metric '{self.name}': there are no clips")
        return self._ratios


def ratios(clips: FeatureSet, learned: FeatureSet) -> Float[Tensor, " M"]:
    """r of all clips of a set, sample by sample of each row, in float64.

    Raises:
        BenchError: the training clips are of one patient only.
    """
    groups = sorted(set(learned.groups))
    if len(groups) < 2:
        raise BenchError("copies: the training clips are of one patient; it takes two or more")
    of_clip = torch.tensor([groups.index(g) for g in learned.groups])
    of_clip = of_clip.repeat_interleave(learned.features.shape[1])
    known = learned.features.flatten(0, 1).double()
    found = []
    for part in clips.features.flatten(0, 1).double().split(AT_ONCE):
        apart = torch.cdist(part, known, compute_mode="donot_use_mm_for_euclid_dist")
        least, which = apart.min(dim=1)
        others = apart.masked_fill(of_clip == of_clip[which][:, None], torch.nan)
        found.append(least / others.nanmedian(dim=1).values)
    return torch.cat(found).nan_to_num(0.0)  # 0 / 0: all clips are one and the same


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [Copies]
