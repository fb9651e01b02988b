"""Any recognizer of MMAction2, by its config."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import BeforeValidator, Field
from torch import nn

from classifiers.config_file import RecognizerConfig, read_config
from classifiers.mmaction import MMActionClassifier, fed
from plugins.classifier import Classifier
from plugins.errors import DataError
from plugins.hooks import hookimpl

IMAGENET = {"mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]}


def _read(config: Any) -> Any:
    if not isinstance(config, (str, Path)):
        return config
    return read_config(Path(config))


class Recognizer(MMActionClassifier):
    """A recognizer of MMAction2 that a config file describes.

    Of the file only the model section is used, unchanged but for the
    number of classes and the size of its input. Data, augmentation,
    schedule and initial weights are the bench's, as for every classifier.
    """

    name: ClassVar[str] = "recognizer"
    reads_config: ClassVar[bool] = True

    config: Annotated[RecognizerConfig | None, BeforeValidator(_read)] = None
    """Path of a config (.py, .json, .yaml), of MMAction2's zoo or your own. A
    Python config is a program: use those that you trust. What it says is part
    of every result's key, with the modules that it imports; where it lies and
    what it is called are not."""

    frames: Annotated[int, Field(ge=1)] | None = None
    """Frames that it sees; None: as many as the config's pipeline samples."""

    dropout: Annotated[float, Field(ge=0, lt=1)] | None = None  # type: ignore[assignment]
    """Dropout before the last layer; None: the config's."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] | None = None  # type: ignore[assignment]
    """Share of each label that is spread over all classes; None: the config's."""

    @property
    def n_frames(self) -> int:
        """The frames, or what the config's pipeline samples.

        Raises:
            DataError: the config does not say.
        """
        frames = self.frames or self._config.frames
        if not frames:
            raise DataError(
                f"{self._config.file}: no pipeline of it has SampleFrames; say by the "
                f"parameter 'frames' of classifier '{self.name}' how many frames it is fed"
            )
        return frames

    @property
    def _config(self) -> RecognizerConfig:
        if self.config is None:
            raise DataError(
                "'recognizer' is one that a config of MMAction2 describes: name the config's path "
                "among the classifiers, or as the parameter 'config'"
            )
        return self.config

    def section(self, n_classes: int, shape: tuple[int, int, int, int]) -> dict[str, Any]:
        """The config's model section for so many classes, without its weight addresses."""
        for module in self._config.imports:
            importlib.import_module(module)
        model = copy.deepcopy(self._config.model)
        head = model.get("cls_head")
        if not isinstance(head, dict) or "num_classes" not in head:
            raise DataError(
                f"{self._config.file}: its model has no cls_head with num_classes: not a "
                "recognizer of one label per video"
            )
        head["num_classes"] = n_classes
        if self.dropout is not None:
            head["dropout_ratio"] = self.dropout
        model["data_preprocessor"] = self._preprocessor(model)
        return model

    def notes(self) -> list[str]:
        """What of the config is used.

        Raises:
            DataError: there is none.
        """
        left_out = ", ".join(self._config.left_out)
        weights = f"; its weights ({left_out}) are not used" if left_out else ""
        return [
            f"the model section of {self._config.file}, {self.n_frames} frames; data, "
            f"augmentation, schedule and initial weights are the bench's{weights}"
        ]

    def _build(self, notes: dict[str, Any]) -> nn.Module:
        _, _, height, width = notes["shape"]
        try:
            model = super()._build(notes)
            shape = self._tried(model, height, width)
        except DataError:
            raise
        except Exception as error:  # what somebody else's model raises
            reason = (str(error).splitlines() or [""])[0]
            raise DataError(
                f"{self._config.file}: its model cannot be used for clips of {self.n_frames} "
                f"frames of {height} x {width} pixels ({type(error).__name__}: {reason}). Mend "
                "the config, or set clip.size or its parameter 'frames' to what it was made for"
            ) from None
        if shape != (1, len(notes["classes"])):
            raise DataError(
                f"{self._config.file}: its model gives scores of shape {shape} for one clip of "
                f"{self.n_frames} frames, not {(1, len(notes['classes']))}: set its parameter "
                "'frames' to the number of frames that it was made for"
            )
        return model

    @torch.no_grad()
    def _tried(self, model: nn.Module, height: int, width: int) -> tuple[int, ...]:
        """The shape of what it makes of one clip: many recognizers take one size of clips only."""
        inputs = fed(model, torch.zeros(1, 3, self.n_frames, height, width), training=False)
        was = model.training
        scores = model.eval()(inputs["inputs"], mode="tensor", stage="head")
        model.train(was)
        return tuple(scores.shape)

    def _preprocessor(self, model: dict[str, Any]) -> dict[str, Any]:
        """The config's, without augmentation of the batch: that is the bench's."""
        given = dict(model.get("data_preprocessor") or {})
        given.pop("blending", None)
        layout: Literal["NCHW", "NCTHW"] = (
            "NCHW" if str(model.get("type")).endswith("Recognizer2D") else "NCTHW"
        )
        return {"type": "ActionDataPreprocessor", **IMAGENET, "format_shape": layout} | given


@hookimpl
def bench_classifiers() -> Sequence[type[Classifier]]:
    """This module's classifier."""
    return [Recognizer]
