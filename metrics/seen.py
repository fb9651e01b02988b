"""What a metric of features looks through, by the name of its parameter ``backend``."""

from __future__ import annotations

from metrics.pixels import Pixels
from metrics.video.pretrained import Pretrained, weights_of
from plugins import Metric
from plugins.features import FeatureNetwork

SELF = "self"
PIXELS = "pixels"


class Seen(Metric):
    """A metric whose features come from a video network, from pixels, or from a classifier.

    A leaf narrows ``backend`` to the names that it takes: ``self`` for a
    classifier of the experiment, ``pixels``, or one of
    `metrics.video.networks`.
    """

    backend: str
    """Whose features."""

    of: str = ""
    """For ``self``: the experiment's name of the classifier; empty: its first."""

    @property
    def network(self) -> FeatureNetwork | None:
        """The backend's; None for ``self``."""
        if self.backend == PIXELS:
            return Pixels()
        return None if self.backend == SELF else Pretrained(self.backend)

    @property
    def classifier(self) -> str:
        """See `Metric.classifier`."""
        return self.of


def files_of(backend: str) -> tuple[str, ...]:
    """The weight files that a backend needs."""
    return () if backend in (SELF, PIXELS) else weights_of(backend)
