"""DIV of whole clips: the distance between what a video network sees in samples of one image.

Source: Dorkenwald et al., "Stochastic Image-to-Video Synthesis using
cINNs", CVPR 2021, and its reference code.
"""

from __future__ import annotations

import statistics
from typing import ClassVar, Literal

from pydantic import PrivateAttr

from metrics.pairs import mean_squared_distance
from metrics.video.pretrained import Pretrained, weights_of
from plugins import BenchError, Metric, hookimpl
from plugins.features import FeatureNetwork, FeatureSet
from plugins.metric import Ingredient


class FeatureDiversity(Metric):
    """Mean squared distance of two samples' features, over ordered pairs, features and images.

    Attributes:
        seen_by: a name of `metrics.video.networks`.
        scale: what the figure is multiplied by.
    """

    reads: ClassVar[tuple[Ingredient, ...]] = ("generated_features",)
    direction: ClassVar[Literal["higher", "lower"]] = "higher"
    least_samples: ClassVar[int] = 2
    seen_by: ClassVar[str]
    scale: ClassVar[float] = 1.0

    _of_images: list[float] = PrivateAttr(default_factory=list)

    @property
    def network(self) -> FeatureNetwork | None:
        """See `Metric.network`."""
        return Pretrained(self.seen_by)

    def reset(self) -> None:
        self._of_images.clear()

    def update(self, generated_features: FeatureSet) -> None:
        """Take in the samples of some images.

        Raises:
            BenchError: there is one sample of each image.
        """
        if generated_features.features.shape[1] < 2:
            raise BenchError(
                f"metric '{self.name}': one sample of each image, and diversity is a distance"
                " between several; set synthesis.per_test_video to 2 or more"
            )
        samples = generated_features.features.double()
        self._of_images += [mean_squared_distance([one] for one in row) for row in samples]

    def compute(self) -> float:
        """The mean over images, 0 or more.

        Raises:
            BenchError: there are none.
        """
        if not self._of_images:
            raise BenchError(f"metric '{self.name}': there are no clips")
        return self.scale * statistics.fmean(self._of_images)


class I3DDiversity(FeatureDiversity):
    """DIV by the logits of FVD's original I3D."""

    name: ClassVar[str] = "div-i3d"
    title: ClassVar[str] = "DIV (I3D)"
    weights: ClassVar[tuple[str, ...]] = weights_of("google")
    seen_by: ClassVar[str] = "google"


class DTI3DDiversity(FeatureDiversity):
    """DIV by DTFVD's I3D of dynamic textures, times 1000, as the reference prints it."""

    name: ClassVar[str] = "div-dti3d"
    title: ClassVar[str] = "DIV (DTI3D)"
    weights: ClassVar[tuple[str, ...]] = weights_of("dtfvd")
    seen_by: ClassVar[str] = "dtfvd"
    scale: ClassVar[float] = 1000.0


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [I3DDiversity, DTI3DDiversity]
