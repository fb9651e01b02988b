"""Clips as vectors: what networks see in them, for metrics that compare sets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from plugins.types import ClipBatch, Features


class FeatureNetwork(ABC):
    """Turns clips into vectors, the same for a clip in any batch.

    It is made before anything is known of weight files, and loads them
    when it first looks at clips.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """Everything but its code and the registered weights that its features depend on."""

    def content(self) -> str:
        """Which weights it has, where its name and code do not fix them; else empty.

        A checksum of the file's content: it is part of the key of what is computed.
        """
        return ""

    @abstractmethod
    def features(self, clips: ClipBatch, device: str) -> Features:
        """The features of clips (B, C, T, H, W) in [0, 1]: (B, D), float32, on the CPU.

        Raises:
            DataError: its weights are not registered; says how to.
            BenchError: it cannot look at such clips.
        """


@dataclass(frozen=True)
class FeatureSet:
    """The features of N clips, or of S samples of each of N stills.

    Attributes:
        features: (N, S, D); S is 1 for real clips.
        ids: per row, the id of the video or still.
        groups: per row, the patient.
        labels: per row, the class index.
    """

    features: Float[Tensor, "N S D"]
    ids: Sequence[str]
    groups: Sequence[str]
    labels: Sequence[int]
