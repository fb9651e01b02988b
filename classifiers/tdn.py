"""TDN: a 2D ResNet that sees time by differences of frames and of segments.

Wang et al., "TDN: Temporal Difference Networks for Efficient Action
Recognition", CVPR 2021. MMAction2 has none: the network is written here
and registered with it (`classifiers.tdn_backbone`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from torch import Tensor

from classifiers.batches import frame_indices
from classifiers.layer_rates import LayerRates, with_layer_rates
from classifiers.mmaction import MMActionClassifier
from classifiers.tdn_short_term import N_FRAMES
from classifiers.training_settings import QUICK
from plugins.classifier import Classifier
from plugins.errors import DataError
from plugins.hooks import hookimpl
from plugins.parameter_sets import ParameterSet
from plugins.recipe import Recipe

EXPANSION = {18: 8, 50: 32}  # the last feature map's channels over the stem's


class TDN(MMActionClassifier):
    """ResNet with temporal differences; sees ``segments`` windows of 5 frames each."""

    name: ClassVar[str] = "tdn"
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "quick": ParameterSet(
            QUICK, {"depth": 18, "width": 16, "segments": 4, "steps": 200, "lr": 3e-3}
        )
    }

    channels: Literal["image"] = "image"
    """What the recognizer's three channels hold: the image, as published. TDN
    takes the changes from frame to frame itself; those of ``motion`` would run
    from the end of one window to the start of the next."""

    depth: Literal[18, 50] = 50
    """Layers of the ResNet; the paper's is 50. The paper has no form for 18,
    whose blocks have no 1 x 1 convolution: its temporal modules stand after
    the first of the two 3 x 3 ones, as they stand after the first of three."""

    width: Annotated[int, Field(ge=8, le=64)] = 64
    """Channels of the stem; all others are in proportion. 64 is the
    published TDN; 8 and 16 train on a CPU."""

    segments: Annotated[int, Field(ge=2)] = 8
    """Windows of 5 consecutive frames that it sees, evenly spread over the
    clip; the paper's are 8 and 16. The short-term differences have half a
    share beside the image with up to 8 windows, and a quarter with more
    (published: a half with 8, a quarter with 16)."""

    layer_rates: LayerRates = "equal"
    """``published``: biases and the last layer learn faster, and neither biases nor
    norm layers decay, as in the authors' code, which has SGD; or all alike."""

    @property
    def n_frames(self) -> int:
        """The frames of all windows."""
        return N_FRAMES * self.segments

    def frame_positions(self, n_frames: int) -> list[int]:
        """The frames of window after window; windows may share frames.

        A window starts at the middle of each of ``segments`` equal parts of
        all possible starts (the authors' sampling for tests): of 16 frames
        8 windows start at 0, 2, 3, 5, 6, 8, 9 and 11. In a clip with fewer
        starts than windows, some windows are the same.

        Raises:
            DataError: the clip is shorter than one window.
        """
        if n_frames < N_FRAMES:
            raise DataError(
                f"classifier 'tdn' needs clips of at least {N_FRAMES} frames, not {n_frames}: "
                "set clip.frames"
            )
        starts = frame_indices(n_frames - N_FRAMES + 1, self.segments)
        return [start + i for start in starts for i in range(N_FRAMES)]

    def recipe(self) -> Recipe:
        """See `TrainingSettings.recipe`."""
        return with_layer_rates(super().recipe(), self.layer_rates)

    def section(self, n_classes: int, shape: tuple[int, int, int, int]) -> dict[str, Any]:
        """TDN in the wanted depth and width, under MMAction2's 2D recognizer and TSM's head."""
        import classifiers.tdn_backbone  # noqa: F401 - registers the backbone

        return {
            "type": "Recognizer2D",
            "backbone": {
                "type": "ResNetTDN",
                "depth": self.depth,
                "width": self.width,
                "num_segments": self.segments,
                "difference_share": 0.5 if self.segments <= 8 else 0.25,
            },
            # The recognizer takes each frame that it is fed for a segment, and TSNHead
            # believes it; TSMHead has its own number of segments.
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

    def mapped(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """The authors' TDN or torchvision's ResNet under this recognizer's names.

        Of an image ResNet the short-term module's stem and first layer are
        made too; the long-term modules and the shift stay as they start.
        """
        from classifiers.tdn_names import tdn_names

        return tdn_names(weights)


@hookimpl
def bench_classifiers() -> Sequence[type[Classifier]]:
    """This module's classifier."""
    return [TDN]
