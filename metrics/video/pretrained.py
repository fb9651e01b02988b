"""Which network looks at the clips that a metric compares."""

from __future__ import annotations

from typing import Any

from metrics.video.features import VideoFeatures
from metrics.video.networks import NETWORKS
from plugins.features import FeatureNetwork
from plugins.types import ClipBatch, Features


class Pretrained(FeatureNetwork):
    """A video network of `metrics.video.networks`, with registered weights.

    Args:
        network: its name there.
    """

    def __init__(self, network: str) -> None:
        self._network = network
        self._loaded: dict[str, VideoFeatures] = {}

    @property
    def name(self) -> str:
        """The network's name, which stands for weights, preprocessing and layer."""
        return f"I3D ({self._network})"

    def features(self, clips: ClipBatch, device: str) -> Features:
        """See `FeatureNetwork.features`."""
        if device not in self._loaded:
            self._loaded[device] = VideoFeatures(self._network, device=device)
        return self._loaded[device].features(clips)

    def __getstate__(self) -> dict[str, Any]:
        return {"_network": self._network, "_loaded": {}}


def weights_of(network: str) -> tuple[str, ...]:
    """The weight files that a network needs."""
    return (NETWORKS[network].weights,)
