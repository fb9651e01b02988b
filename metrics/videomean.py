"""The base of metrics that are a mean over test videos."""

from __future__ import annotations

from typing import ClassVar

import torch
from jaxtyping import Float
from pydantic import PrivateAttr
from torch import Tensor

from plugins import BenchError, Metric


class VideoMean(Metric):
    """The mean of figures that each belong to one test video.

    So resampling the test videos gives a valid interval (``paired``). A
    leaf's `update` hands its figures to `take`.
    """

    paired: ClassVar[bool] = True

    _figures: list[Tensor] = PrivateAttr(default_factory=list)

    def reset(self) -> None:
        self._figures.clear()

    def take(self, figures: Float[Tensor, " B"]) -> None:
        """Take in the figures of some videos."""
        self._figures.append(figures.double().cpu())

    def compute(self) -> float:
        """Mean over videos, in float64.

        Raises:
            BenchError: there were none.
        """
        if not self._figures:
            raise BenchError(f"metric '{self.name}': no clips; the test set is empty")
        return float(torch.cat(self._figures).mean())
