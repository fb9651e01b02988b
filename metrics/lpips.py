"""LPIPS of generated frames against the real ones, frame by frame.

Paired, as `image` is: frame t of the continuation of a video's x0 against
frame t of that video, and frame 0, which is given, is skipped. The network
and its arithmetic are `plugins.perceptual`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from jaxtyping import Float64
from pydantic import PrivateAttr
from torch import Tensor

from metrics.by_parameter import by_parameter
from metrics.checks import check_clips, check_same_shape
from metrics.videomean import VideoMean
from plugins import Metric, ParameterSet, hookimpl, perceptual
from plugins.metric import Ingredient
from plugins.perceptual import TRUNKS, Net
from plugins.types import ClipBatch


class OfLPIPS(VideoMean):
    """Holds the LPIPS network of its parameter ``net``, loaded when it is first used."""

    weights: ClassVar[tuple[str, ...]] = by_parameter("net", {n: (f,) for n, f in TRUNKS.items()})
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "alex": ParameterSet("AlexNet, as most video papers", {"net": "alex"}),
        "vgg": ParameterSet("VGG-16, as cINN (CVPR 2021)", {"net": "vgg"}),
        "squeeze": ParameterSet("SqueezeNet 1.1, a file of 5 MB", {"net": "squeeze"}),
    }

    on_device: ClassVar[bool] = True

    net: Net = "alex"
    """The network; values of different ones do not compare. ``alex`` is what the authors of LPIPS
    advise for comparing images, what most video papers print, and the fastest; ``vgg`` is what
    cINN prints."""

    _model: perceptual.LPIPS | None = PrivateAttr(None)

    def compared(self, made: ClipBatch, real: ClipBatch) -> Float64[Tensor, " B"]:
        """LPIPS of each pair of clips, (B,): the mean over frames 1 to T-1.

        Raises:
            DataError: the network's weights are not registered; says how to.
            BenchError: the frames are too small for the network.
        """
        if self._model is None:
            # What comes in was checked by the metric.
            self._model = perceptual.LPIPS(self.net, checked=False)
        with torch.no_grad():
            return self._model.to(made.device).clips(made, real).double().mean(1)


class LPIPS(OfLPIPS):
    """Learned perceptual image patch similarity of frame t and real frame t; 0 for equal frames.

    Mean over frames 1 to T-1, then over videos (and over samples, where a
    video has several). Version 0.1, with the linear layers that its authors
    learned; frames as they are, not resized. Mostly below 1; not bounded.
    Like SSIM it punishes a plausible motion that is not the one that
    happened: read it beside the control ``still``.

    Source: Zhang, Isola, Efros, Shechtman, Wang, "The Unreasonable
    Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018,
    equation 1, the variant "lin".
    """

    name: ClassVar[str] = "lpips"
    title: ClassVar[str] = by_parameter("net", {net: f"LPIPS ({net})" for net in TRUNKS})
    direction: ClassVar[Literal["higher", "lower"]] = "lower"
    reads: ClassVar[tuple[Ingredient, ...]] = ("real", "generated")

    def update(self, real: ClipBatch, generated: ClipBatch) -> None:
        """Take in two clip batches of one shape, (B, C, T, H, W) in [0, 1], C = 1 or 3, T >= 2.

        Raises:
            BenchError: other shapes or values, or frames too small for the network.
            DataError: the network's weights are not registered.
        """
        check_clips(self.name, "real", real)
        check_clips(self.name, "generated", generated)
        check_same_shape(self.name, real, generated, paired=True)
        self.take(self.compared(generated, real))


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [LPIPS]
