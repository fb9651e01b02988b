"""TSM: a 2D ResNet that sees time by shifting channels between neighbouring frames.

Lin, Gan and Han, "TSM: Temporal Shift Module for Efficient Video
Understanding", ICCV 2019; MMAction2's implementation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from torch import Tensor

from classifiers.layer_rates import LayerRates, with_layer_rates
from classifiers.mmaction import MMActionClassifier
from classifiers.training_settings import QUICK
from plugins.classifier import Classifier
from plugins.hooks import hookimpl
from plugins.parameter_sets import ParameterSet
from plugins.recipe import Recipe

EXPANSION = {18: 8, 34: 8, 50: 32}  # the last feature map's channels over the stem's


class TSM(MMActionClassifier):
    """ResNet with temporal shift; sees ``segments`` frames, evenly spread over the clip."""

    name: ClassVar[str] = "tsm"
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "quick": ParameterSet(QUICK, {"depth": 18, "width": 16, "steps": 300, "lr": 3e-3})
    }

    depth: Literal[18, 34, 50] = 50
    """Layers of the ResNet; the paper's is 50."""

    width: Annotated[int, Field(ge=8, le=64)] = 64
    """Channels of the stem; all others are in proportion. 64 is
    MMAction2's own TSM; 16 and 32 train on a CPU."""

    segments: Annotated[int, Field(ge=2)] = 8
    """Frames that it sees: the middles of as many equal parts of the clip."""

    shift_div: Annotated[int, Field(ge=2)] = 8
    """One channel in ``shift_div`` is shifted forward, one backward."""

    layer_rates: LayerRates = "equal"
    """``published``: biases and the last layer learn faster, and neither biases nor
    norm layers decay, as in the authors' code, which has SGD; or all alike."""

    @property
    def n_frames(self) -> int:
        """The segments."""
        return self.segments

    def mapped(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Also torchvision's names of a ResNet, as ImageNet weights have them."""
        if "bn1.weight" not in weights:
            return weights
        return {renamed(name): tensor for name, tensor in weights.items()}

    def recipe(self) -> Recipe:
        """See `TrainingSettings.recipe`."""
        return with_layer_rates(super().recipe(), self.layer_rates)

    def section(self, n_classes: int, shape: tuple[int, int, int, int]) -> dict[str, Any]:
        """MMAction2's TSM, its backbone in the wanted width, without pretrained weights."""
        import classifiers.sized_tsm  # noqa: F401 - registers the backbone

        return {
            "type": "Recognizer2D",
            "backbone": {
                "type": "SizedResNetTSM",
                "depth": self.depth,
                "width": self.width,
                "num_segments": self.segments,
                "shift_div": self.shift_div,
            },
            "cls_head": {
                "type": "TSMHead",
                "num_classes": n_classes,
                "in_channels": EXPANSION[self.depth] * self.width,
                "num_segments": self.segments,
                "dropout_ratio": self.dropout,
                "init_std": 0.001,
                "is_shift": True,
            },
            "data_preprocessor": {
                "type": "ActionDataPreprocessor",
                "mean": [123.675, 116.28, 103.53],
                "std": [58.395, 57.12, 57.375],
                "format_shape": "NCHW",
            },
        }


def renamed(name: str) -> str:
    """A tensor's name in torchvision's ResNet as the backbone of `TSM` has it.

    ``layer1.0.conv1`` is inside the shift, ``downsample.0`` is a convolution, ``.1`` its norm.
    """
    name = re.sub(r"(^|\.)bn(\d)\.", r"\1conv\2.bn.", name)
    name = re.sub(r"(^|\.)conv(\d)\.weight$", r"\1conv\2.conv.weight", name)
    name = name.replace("downsample.0.", "downsample.conv.").replace(
        "downsample.1.", "downsample.bn."
    )
    return re.sub(r"^(layer\d\.\d+\.conv1\.conv)\.weight$", r"\1.net.weight", name)


@hookimpl
def bench_classifiers() -> Sequence[type[Classifier]]:
    """This module's classifier."""
    return [TSM]
