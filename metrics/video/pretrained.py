"""Which network looks at the clips that a metric compares."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from metrics.video.features import VideoFeatures
from metrics.video.networks import NETWORKS
from plugins.features import FeatureNetwork
from plugins.types import ClipBatch, Features
from plugins.weights import Registry


class Pretrained(FeatureNetwork):
    """A video network of `metrics.video.networks`, with registered weights.

    Args:
        network: its name there.
    """

    def __init__(self, network: str) -> None:
        self._network = network

    @property
    def name(self) -> str:
        """The network's name, which stands for weights, preprocessing and layer."""
        return f"I3D ({self._network})"

    def features(self, clips: ClipBatch, device: str) -> Features:
        """See `FeatureNetwork.features`."""
        path = Registry().find(NETWORKS[self._network].weights)
        return _loaded(self._network, device, path).features(clips)


@lru_cache(maxsize=1)
def _loaded(
    network: str,
    device: str,
    path: Path | None,  # noqa: ARG001 - tells apart what was loaded
) -> VideoFeatures:
    """The network that was asked last, which many cells ask one after the other.

    Args:
        network: its name.
        device: a torch device.
        path: of its weights.
    """
    return VideoFeatures(network, device=device)


def weights_of(network: str) -> tuple[str, ...]:
    """The weight files that a network needs."""
    return (NETWORKS[network].weights,)
