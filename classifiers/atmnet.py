"""ATMNet: active token mixing over the frames of a clip.

Wei et al., "Active Token Mixer", AAAI 2023. Its network, ActiveMLP, is
for images. The LDDM paper classifies videos with it and does not say how;
neither form here is claimed to be that paper's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field
from torch import Tensor

from classifiers.atm_sizes import SIZES, Name, Temporal
from classifiers.atm_weights import renamed, with_time
from classifiers.mmaction import MMActionClassifier
from classifiers.training_settings import QUICK
from plugins.classifier import Classifier
from plugins.hooks import hookimpl
from plugins.parameter_sets import ParameterSet


class ATMNet(MMActionClassifier):
    """ActiveMLP, frame by frame or with mixing along time; sees ``segments`` frames."""

    name: ClassVar[str] = "atmnet"
    sets: ClassVar[Mapping[str, ParameterSet]] = {
        "quick": ParameterSet(QUICK, {"size": "xT", "width": 16, "steps": 300, "lr": 2e-3})
    }

    size: Name = "T"
    """ActiveMLP's size. ``T`` (27 million parameters) is the one nearest to the
    ResNet-50 of TSM and TDN; the LDDM paper does not name its own."""

    width: Annotated[int, Field(ge=8, le=96, multiple_of=4)] | None = None
    """Channels of the first stage; all others are in proportion. None: as
    published (64; ``L`` 96). 8 and 16 train on a CPU."""

    temporal: Temporal = "active"
    """``active``: a branch of the token mixing looks along time, at learned
    distances that start at zero. ``mean``: every frame by itself, averaged,
    which cannot tell the order of frames."""

    segments: Annotated[int, Field(ge=2)] = 8
    """Frames that it sees: the middles of as many equal parts of the clip."""

    drop_path: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Stochastic depth at the last block, growing from 0 at the first; the
    reference's default."""

    lr: Annotated[float, Field(gt=0)] = 5e-4
    """Learning rate at its highest; the paper's."""

    weight_decay: Annotated[float, Field(ge=0)] = 0.05
    """Weight decay; the paper's."""

    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Dropout before the last layer; the reference has none."""

    @property
    def n_frames(self) -> int:
        """The segments."""
        return self.segments

    def section(self, n_classes: int, shape: tuple[int, int, int, int]) -> dict[str, Any]:
        """ActiveMLP under an average over place and time, and a linear layer."""
        import classifiers.atm_backbone  # noqa: F401 - registers the backbone

        return {
            "type": "Recognizer3D",
            "backbone": {
                "type": "ActiveMLP",
                "size": self.size,
                "width": self.width,
                "temporal": self.temporal,
                "drop_path": self.drop_path,
            },
            "cls_head": {
                "type": "I3DHead",
                "num_classes": n_classes,
                "in_channels": SIZES[self.size].channels(self.width)[-1],
                "dropout_ratio": self.dropout,
                "init_std": 0.02,
            },
            "data_preprocessor": {
                "type": "ActionDataPreprocessor",
                "mean": [123.675, 116.28, 103.53],
                "std": [58.395, 57.12, 57.375],
                "format_shape": "NCTHW",
            },
        }

    def mapped(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        """Tensors of microsoft/ActiveMLP under this recognizer's names, inflated where it is due.

        Weights of either form of this classifier are taken too; those of
        ``mean`` fit ``active``.
        """
        named = renamed(weights)
        return with_time(named) if self.temporal == "active" else named


@hookimpl
def bench_classifiers() -> Sequence[type[Classifier]]:
    """This module's classifier."""
    return [ATMNet]
