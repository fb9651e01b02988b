"""C3D: eight 3D convolutions and three linear layers.

Tran et al., "Learning Spatiotemporal Features with 3D Convolutional
Networks", ICCV 2015; MMAction2's implementation, whose widths are made
a parameter here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from classifiers.mmaction import MMActionClassifier
from classifiers.training_settings import QUICK
from plugins.classifier import Classifier
from plugins.errors import DataError
from plugins.hooks import hookimpl
from plugins.parameter_sets import ParameterSet


class C3D(MMActionClassifier):
    """C3D; sees ``frames`` frames, evenly spread over the clip."""

    name: ClassVar[str] = "c3d"
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "quick": ParameterSet(QUICK, {"width": 8, "steps": 100})
    }

    width: Annotated[int, Field(ge=1, le=64)] = 64
    """Channels of the first convolution; all others are in proportion.
    64 is MMAction2's own C3D (80 million parameters); 8 and 16 train on
    a CPU."""

    frames: Annotated[int, Field(ge=16)] = 16
    """Frames that it sees."""

    norm: Literal["batch", "none"] = "batch"
    """Batch normalisation after each convolution. The original has none,
    and was not trained from scratch on small sets."""

    @property
    def n_frames(self) -> int:
        """The frames."""
        return self.frames

    def section(self, n_classes: int, shape: tuple[int, int, int, int]) -> dict[str, Any]:
        """MMAction2's C3D, its backbone in the wanted width."""
        import classifiers.sized_c3d  # noqa: F401 - registers the backbone

        return {
            "type": "Recognizer3D",
            "backbone": {
                "type": "SizedC3D",
                "width": self.width,
                "out_dim": flat_size(self.width, shape),
                "norm_cfg": {"type": "BN3d"} if self.norm == "batch" else None,
                "dropout_ratio": self.dropout,
                "init_std": 0.005,
            },
            "cls_head": {
                "type": "I3DHead",
                "num_classes": n_classes,
                "in_channels": 64 * self.width,
                "spatial_type": None,
                "dropout_ratio": self.dropout,
                "init_std": 0.01,
            },
            "data_preprocessor": {
                "type": "ActionDataPreprocessor",
                "mean": [123.675, 116.28, 103.53],
                "std": [58.395, 57.12, 57.375],
                "format_shape": "NCTHW",
            },
        }


def flat_size(width: int, shape: tuple[int, int, int, int]) -> int:
    """Numbers that the last pooling leaves of a clip (3, T, H, W): 8192 at 16 x 112 x 112.

    Raises:
        DataError: the clip is too small for five poolings.
    """
    _, time, *sides = shape
    if time < 16 or min(sides) < 16:
        raise DataError(
            f"classifier 'c3d' needs clips of at least 16 frames and 16 x 16 pixels, "
            f"not {time} and {sides[0]} x {sides[1]}: set clip.frames and clip.size"
        )
    height, across = (side // 16 // 2 + 1 for side in sides)
    return 8 * width * (time // 16) * height * across


@hookimpl
def bench_classifiers() -> Sequence[type[Classifier]]:
    """This module's classifier."""
    return [C3D]
