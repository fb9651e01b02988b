"""Whether a generator gives back its training videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import PrivateAttr

from metrics.by_parameter import by_parameter
from metrics.nearest import Nearest, nearest
from metrics.seen import Seen, files_of
from plugins import BenchError, Metric, ParameterSet, hookimpl
from plugins.features import FeatureSet
from plugins.metric import Ingredient
from plugins.pair import AT_MOST, Pair

Backend = Literal["pixels", "self", "google"]

_TITLES = {
    "pixels": "Copies (pixels)",
    "self": "Copies (own classifier)",
    "google": "Copies (I3D)",
}


@dataclass(frozen=True)
class _Seen:
    """What `Copies` was given.

    Attributes:
        unseen, made: where test videos and synthesized clips stand among the training clips.
        ids, training: the rows of the synthesized clips and of the training clips.
    """

    unseen: Nearest
    made: Nearest
    ids: Sequence[str]
    training: Sequence[str]

    def clip(self, row: int) -> int:
        """Which clip of its video a row of the training clips is."""
        return list(self.training[:row]).count(self.training[row])


class Copies(Seen):
    """The share of synthesized clips that stand out by their nearness to one training patient.

    Per clip x: r(x) = d(x, nearest of up to 8 clips of each training video) / median d(x, training
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
        "backend", {name: files_of(name) for name in _TITLES}
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

    _seen: _Seen | None = PrivateAttr(None)

    def reset(self) -> None:
        self._seen = None

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
        if self._seen:
            raise BenchError(f"metric '{self.name}': it takes whole sets, once")
        self._seen = _Seen(
            unseen=nearest(real_features, training_features),
            made=nearest(generated_features, training_features),
            ids=generated_features.ids,
            training=training_features.ids,
        )

    def compute(self) -> float:
        """Percent of the synthesized clips.

        Raises:
            BenchError: there are no clips.
        """
        seen = self._given()
        return 100 * float((seen.made.ratios < seen.unseen.ratios.min()).double().mean())

    def details(self) -> dict[str, float]:
        """``nearness``; left out where half of the test videos equal training videos."""
        seen = self._given()
        usual = float(seen.unseen.ratios.median())
        return {"nearness": float(seen.made.ratios.median()) / usual} if usual else {}

    def pairs(self) -> list[Pair]:
        """The clips with the smallest r, suspected or not; of equal ones the first."""
        seen = self._given()
        made, samples = seen.made, len(seen.made.ratios) // len(seen.ids)
        least = float(seen.unseen.ratios.min())
        return [
            Pair(
                id=seen.ids[clip // samples],
                sample=clip % samples,
                training=seen.training[int(made.rows[clip])],
                clip=seen.clip(int(made.rows[clip])),
                ratio=float(made.ratios[clip]),
                unseen=least,
            )
            for clip in made.ratios.argsort(stable=True)[:AT_MOST].tolist()
        ]

    def _given(self) -> _Seen:
        if not self._seen:
            raise BenchError(f"metric '{self.name}': there are no clips")
        return self._seen


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [Copies]
