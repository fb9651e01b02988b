"""SSIM and PSNR of generated frames against the real ones, by torchmetrics.

Paired: frame t of the continuation of a video's x0 against frame t of that
video, mean over frames 1 to T-1, then over clips. Frame 0 is given to the
generator and is skipped. Both punish a plausible motion that is not the
one that happened, and reward a still image where little moves: read them
beside the control ``still`` and beside the motion metrics.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

import torch
from pydantic import PrivateAttr
from torch import Tensor

import plugins.compat  # noqa: F401 - torchmetrics imports torchvision, which this mends

# isort: split
from torchmetrics.functional.image import (
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from metrics.checks import check_clips, check_same_shape
from plugins import BenchError, Metric, hookimpl
from plugins.metric import Ingredient
from plugins.types import ClipBatch, ImageBatch

PSNR_CAP = 58.92
"""dB. The PSNR of an image against its own rounding to 8 bits, 10 log10(12 * 255^2)."""

SSIM_WINDOW = 11
"""Pixels; with sigma = 1.5 it cuts the Gaussian at 3.3 sigma, as its authors do."""


class _OfFramePairs(Metric):
    """Gathers one figure per clip, the mean over its frames from 1 on."""

    reads: ClassVar[tuple[Ingredient, ...]] = ("real", "generated")
    direction: ClassVar[Literal["higher", "lower"]] = "higher"
    paired: ClassVar[bool] = True

    _clips: list[Tensor] = PrivateAttr(default_factory=list)

    def reset(self) -> None:
        self._clips.clear()

    def update(self, real: ClipBatch, generated: ClipBatch) -> None:
        """Take in two clip batches of one shape, (B, C, T, H, W) in [0, 1], C = 1 or 3, T >= 2.

        Raises:
            BenchError: other shapes or values.
        """
        check_clips(self.name, "real", real)
        check_clips(self.name, "generated", generated)
        check_same_shape(self.name, real, generated, paired=True)
        for clip, other in zip(real, generated, strict=True):
            # (C, T, H, W) to the frames after frame 0, (T-1, C, H, W)
            frames, others = (c[:, 1:].transpose(0, 1).float() for c in (clip, other))
            self._clips.append(self.per_frame(frames, others).double().mean())

    def compute(self) -> float:
        """Mean over clips.

        Raises:
            BenchError: there were no clips.
        """
        if not self._clips:
            raise BenchError(f"metric '{self.name}': no clips; the test set is empty")
        return float(torch.stack(self._clips).mean())

    @abstractmethod
    def per_frame(self, real: ImageBatch, generated: ImageBatch) -> Tensor:
        """The figure of each pair of frames, (B,)."""


class SSIM(_OfFramePairs):
    """Structural similarity, in [-1, 1]; 1 for equal frames.

    Gaussian window of 11 x 11 pixels, sigma 1.5; K1 = 0.01, K2 = 0.03;
    range 1; mean over channels and over the windows that lie wholly in the
    frame. Frames smaller than a window are refused. In float32, which is 12
    times as fast as float64 and measured within 1e-6 of it on textured
    frames, 2e-4 on bright flat ones.

    Source: Wang, Bovik, Sheikh, Simoncelli, Image quality assessment: from
    error visibility to structural similarity, IEEE TIP 13(4), 2004.
    """

    name: ClassVar[str] = "ssim"
    title: ClassVar[str] = "SSIM"

    def per_frame(self, real: ImageBatch, generated: ImageBatch) -> Tensor:
        height, width = real.shape[-2:]
        if min(height, width) < SSIM_WINDOW:
            raise BenchError(
                f"metric 'ssim': frames of {height} x {width} are smaller than its window"
                f" of {SSIM_WINDOW} x {SSIM_WINDOW}; use larger frames or leave ssim out"
            )
        # torchmetrics pads by reflection, and whether its mean leaves the padded rim out
        # depends on its release; the map lets us leave it out in all of them.
        _, ssim_map = structural_similarity_index_measure(
            generated,
            real,
            sigma=1.5,
            kernel_size=SSIM_WINDOW,
            data_range=1.0,
            reduction="none",
            return_full_image=True,
        )
        rim = SSIM_WINDOW // 2
        return ssim_map[..., rim : height - rim, rim : width - rim].mean((1, 2, 3))


class PSNR(_OfFramePairs):
    """Peak signal-to-noise ratio, 10 log10(1 / MSE) per frame, at most 58.92 dB.

    Equal frames have an infinite ratio, and one such frame would make the
    mean infinite. Clips are kept in 8 bits, whose rounding alone is an
    error of variance 1 / (12 * 255^2): what lies below it is not told from
    it, and counts as its 58.92 dB.
    """

    name: ClassVar[str] = "psnr"
    title: ClassVar[str] = "PSNR"
    unit: ClassVar[str] = "dB"

    def per_frame(self, real: ImageBatch, generated: ImageBatch) -> Tensor:
        ratio = peak_signal_noise_ratio(
            generated.double(), real.double(), data_range=1.0, reduction="none", dim=(1, 2, 3)
        )
        return ratio.clamp(max=PSNR_CAP)


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [SSIM, PSNR]
