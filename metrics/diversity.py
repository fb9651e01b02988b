"""DIV: how differently one image is continued, as the distance between its samples.

Of each test video's frame 0, S samples (``synthesis.per_test_video``); the
mean distance of two different samples, over all ordered pairs, over frames
1 to T-1 and over videos. A generator that always continues an image in the
same way, such as ``still``, has 0. More is not better without end: noise
is diverse too, so read it beside a metric of quality, and beside
``oracle``, which shows how diverse the truth is.

Source: Dorkenwald et al., "Stochastic Image-to-Video Synthesis using
cINNs", CVPR 2021, and its reference code.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from itertools import combinations
from typing import ClassVar, Literal

import torch
from jaxtyping import Float32
from pydantic import PrivateAttr
from torch import Tensor

from metrics.by_parameter import by_parameter
from metrics.checks import check_clips
from metrics.lpips import OfLPIPS
from metrics.pairs import mean_squared_distance
from metrics.vgg import VGG16, WEIGHTS
from metrics.videomean import VideoMean
from plugins import BenchError, Metric, hookimpl
from plugins.metric import Ingredient
from plugins.perceptual import TRUNKS

Samples = Float32[Tensor, "B S C T H W"]
OneImage = Float32[Tensor, "S C T H W"]
"""All samples of one image."""

AT_ONCE = 8
"""Frames that VGG-16 looks at together: 8 take 0.8 GB, measured."""


class Diversity(VideoMean):
    """The mean over images of how far the samples of one lie apart, which a leaf defines."""

    reads: ClassVar[tuple[Ingredient, ...]] = ("samples",)
    direction: ClassVar[Literal["higher", "lower"]] = "higher"
    least_samples: ClassVar[int] = 2

    def update(self, samples: Samples) -> None:
        """Take in S samples of each of B images, (B, S, C, T, H, W) in [0, 1], C = 1 or 3, T >= 2.

        Raises:
            BenchError: other shapes or values, or S is 1.
            DataError: weights that the leaf needs are not registered.
        """
        if samples.ndim != 6 or samples.numel() == 0:
            raise BenchError(
                f"metric '{self.name}': expected samples (B, S, C, T, H, W) and none of them 0,"
                f" got {tuple(samples.shape)}"
            )
        if samples.shape[1] < 2:
            raise BenchError(
                f"metric '{self.name}': one sample of each image, and diversity is a distance"
                " between several; set synthesis.per_test_video to 2 or more"
            )
        check_clips(self.name, "sampled", samples.flatten(0, 1))
        with torch.no_grad():
            self.take(torch.tensor([self.apart(one) for one in samples], dtype=torch.float64))

    @abstractmethod
    def apart(self, samples: OneImage) -> float:
        """Mean distance of two different samples of one image; frame 0 is the same in all."""


class PixelDiversity(Diversity):
    """How many grey levels two samples of one image differ by, as a root mean square.

    Per image sqrt(mean over ordered pairs i != j, t >= 1, c, y, x of
    255^2 (x_i - x_j)^2); then the mean over images. From 0 to 255. Needs no
    weights. The root is taken so that it reads as grey levels, as those of
    ``difference-mean``, and so that few images of much motion do not make
    up the mean.
    """

    name: ClassVar[str] = "div-pixel"
    title: ClassVar[str] = "DIV (pixels)"
    unit: ClassVar[str] = "grey levels"

    def apart(self, samples: OneImage) -> float:
        return 255 * math.sqrt(mean_squared_distance([clip[:, 1:]] for clip in samples))


class VGGDiversity(Diversity):
    """DIV by VGG-16: mean squared distance of the features of two samples of one image.

    Mean over ordered pairs of different samples, frames, channels and
    places, and over the layers relu1_2, relu2_2, relu3_3, relu4_3 and
    relu5_3, each counting alike. Frames are resized to 224 x 224, which
    makes one that is not square so. 0 or more, not bounded. The reference
    takes 5 samples; their number does not bias the figure.
    """

    name: ClassVar[str] = "div-vgg"
    title: ClassVar[str] = "DIV (VGG)"
    on_device: ClassVar[bool] = True
    weights: ClassVar[tuple[str, ...]] = (WEIGHTS,)

    _network: VGG16 | None = PrivateAttr(None)

    def apart(self, samples: OneImage) -> float:
        if self._network is None:
            self._network = VGG16()
        frames = samples[:, :, 1:].transpose(1, 2)  # (S, T-1, C, H, W)
        network = self._network.to(samples.device)
        total = 0.0
        for some in frames.split(AT_ONCE, dim=1):
            total += mean_squared_distance(map(network, some)) * some.shape[1]
        return total / frames.shape[1]


class LPIPSDiversity(Diversity, OfLPIPS):
    """Mean LPIPS of two samples of one image, frame by frame; 0 where they are equal.

    Over all pairs of different samples (LPIPS is symmetric, so ordered
    pairs have the same mean) and frames 1 to T-1. Mostly below 1.

    Source: the diversity of images in Zhu et al., "Toward Multimodal
    Image-to-Image Translation", NeurIPS 2017, here frame by frame.
    """

    name: ClassVar[str] = "div-lpips"
    title: ClassVar[str] = by_parameter("net", {net: f"DIV (LPIPS {net})" for net in TRUNKS})

    def apart(self, samples: OneImage) -> float:
        pairs = combinations(samples.split(1), 2)
        return float(torch.cat([self.compared(*pair) for pair in pairs]).mean())


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [PixelDiversity, VGGDiversity, LPIPSDiversity]
