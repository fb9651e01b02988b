"""Stage 1 alone, as a plugin that can be made."""

from __future__ import annotations

from typing import ClassVar

from generators.autoencoder.settings import AutoencoderSettings
from plugins.generator import Stills
from plugins.types import ClipBatch


class Stage1(AutoencoderSettings):
    """The fields of stage 1, for tests."""

    name: ClassVar[str] = "stage-1"

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        """Nothing can be sampled without a prior."""
        raise NotImplementedError
