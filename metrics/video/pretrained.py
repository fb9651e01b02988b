"""Which network looks at the clips that a metric compares."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from metrics.video.features import VideoFeatures
from metrics.video.networks import NETWORKS
from plugins.checksum import digest_of
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

    def content(self) -> str:
        """The SHA-256 of a file whose authors published no checksum; empty while there is none."""
        file = Registry().known(NETWORKS[self._network].weights)
        path = None if file.checksum else Registry().find(file.name)
        if path is None:
            return ""
        state = path.stat()
        return _sha256(path, state.st_size, state.st_mtime_ns)

    def features(self, clips: ClipBatch, device: str) -> Features:
        """See `FeatureNetwork.features`."""
        path = Registry().find(NETWORKS[self._network].weights)
        return _loaded(self._network, device, path).features(clips)


@lru_cache
def _sha256(path: Path, size: int, changed: int) -> str:  # noqa: ARG001 - tell versions apart
    return digest_of(path, "sha256")


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
