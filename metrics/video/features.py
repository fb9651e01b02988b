"""Features of clips: one vector each, from a pretrained video network and nothing else."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from metrics.video.i3d import I3D, WIDTH
from metrics.video.i3d_keys import i3d_from
from metrics.video.i3d_script import FEATURES, ScriptedI3D
from metrics.video.networks import NETWORKS, Layer, VideoNetwork
from plugins.errors import BenchError
from plugins.hints import nearest
from plugins.memory import give_back, ran_out_of_memory
from plugins.types import ClipBatch, Features
from plugins.weights import Registry

FRAME_BYTES = 8 << 20
"""Memory that a batch takes per frame. Measured: 5.3 MiB on the CPU; some is added for copies."""

ROOM = 1 << 30
"""Bytes that a batch may take, on every device alike: the order of sums, and so the last
digits of a feature, must not hang on what memory others leave."""

LARGEST = 64
"""Clips in a batch: more are no faster."""


class VideoFeatures:
    """A network with registered weights, ready to look at clips.

    In float32 throughout, also under autocast and on GPUs that would round
    to TF32; batches are halved where memory ran out.
    A clip's features depend on its batch only by the order of sums in float32.

    Args:
        network: a name of `metrics.video.networks.NETWORKS`.
        registry: where weight files are looked up; None: the user's.
        device: a torch device string.
        layer: another than the network's own: ``logits`` (mean over time), or
            ``pooled``, the 1024 features before them.
        batch: clips at a time; None: as many as take 1 GiB.

    Attributes:
        name: the network's, and the layer where it is not the network's own.
        dim: length of a feature vector.

    Raises:
        BenchError: no such network or layer, or ``batch`` is below 1.
        DataError: its weights are not registered, damaged, or of another
            network; says what to do.
    """

    def __init__(
        self,
        network: str,
        registry: Registry | None = None,
        device: str = "cpu",
        *,
        layer: Layer | None = None,
        batch: int | None = None,
    ) -> None:
        if network not in NETWORKS:
            raise BenchError(f"no video network '{network}'{nearest(network, NETWORKS)}")
        if batch is not None and batch < 1:
            raise BenchError(f"video network '{network}', batch = {batch}: it must be at least 1")
        self.network, self.device, self.batch = NETWORKS[network], device, batch
        self.layer: Layer = layer or self.network.layer
        self.name = network if self.layer == self.network.layer else f"{network}:{self.layer}"
        self.model = _built(network, self.network, registry or Registry(), self.layer).to(device)
        self.dim = _dim(self.network, self.layer)

    def features(self, clips: ClipBatch) -> Features:
        """The features of each clip, (N, dim) in float32, on the CPU.

        Args:
            clips: (N, C, T, H, W) in [0, 1], C = 1 (repeated to 3) or 3, of any
                size and on any device; T at least `shortest`.

        Raises:
            BenchError: other shapes or values, or not even one clip fits into
                memory.
        """
        if clips.ndim == 5 and clips.shape[2] < self.shortest:
            raise BenchError(
                f"video network '{self.name}': clips of {clips.shape[2]} frames; "
                f"it takes no shorter ones than {self.shortest}"
            )
        found: list[Tensor] = []
        done, size = 0, self.batch or self._fitting(clips)
        while done < len(clips) or not found:
            made = self._tried(clips[done : done + size])
            if made is None:
                size = self._halved(size)
                continue
            found.append(made)
            done += size
        return torch.cat(found)

    @property
    def shortest(self) -> int:
        """Frames that a clip must have."""
        return self.network.shortest

    def _tried(self, clips: Tensor) -> Tensor | None:
        """The features of one batch; None where memory ran out."""
        try:
            return self._looked(clips)
        except RuntimeError as error:
            if not ran_out_of_memory(error):
                raise
        return None

    @torch.no_grad()
    def _looked(self, clips: Tensor) -> Tensor:
        kind = torch.device(self.device).type
        with (
            torch.autocast(kind, enabled=False),
            torch.backends.cudnn.flags(
                enabled=True, benchmark=False, deterministic=True, allow_tf32=False
            ),
        ):
            seen = self.network.prepare(clips.to(self.device))
            if isinstance(self.model, I3D) and self.layer == "pooled":
                return self.model.pooled(seen).float().cpu()
            logits: Tensor = self.model(seen)
            return logits.float().cpu()

    def _halved(self, size: int) -> int:
        give_back(self.device)
        if size == 1:
            raise BenchError(
                f"video network '{self.name}': one clip does not fit into the memory of "
                f"{self.device}; use another device, or shorter clips"
            )
        return size // 2

    def _fitting(self, clips: Tensor) -> int:
        """Clips whose working memory fits into `ROOM`."""
        frames = clips.shape[2] if clips.ndim == 5 else 1
        return max(1, min(LARGEST, ROOM // (max(frames, 16) * FRAME_BYTES)))


def _built(name: str, network: VideoNetwork, registry: Registry, layer: Layer) -> nn.Module:
    if network.eps is not None:
        tensors = registry.load(network.weights)
        origin = str(registry.find(network.weights))
        return i3d_from(tensors, origin, network.classes, network.pool, network.eps)
    if layer != "logits":
        raise BenchError(
            f"video network '{name}': its file gives logits only; for pooled features use 'google'"
        )
    return ScriptedI3D(registry, network.weights)


def _dim(network: VideoNetwork, layer: Layer) -> int:
    if network.eps is None:
        return FEATURES
    return WIDTH if layer == "pooled" else network.classes
