"""What the controls share that move an image by motion measured on the training clips."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from pydantic import Field, PrivateAttr
from torch import nn

from generators.controls.fields import Fields, forget_parts, learn_fields
from generators.controls.pull_back import MotionField, moved
from generators.two_stage.checks import notes_of, refuse_other_configuration, refuse_other_stills
from plugins.clips import ClipSet
from plugins.errors import PluginError
from plugins.generator import Generator, Stills
from plugins.run import Run
from plugins.types import ClipBatch
from plugins.weightfile import load_weights, read_notes, save_weights


class Motions(nn.Module, ABC):
    """Draws motions from what its buffers keep of the training clips' fields."""

    @abstractmethod
    def learn(self, fields: Fields) -> None:
        """Fill the buffers."""

    @abstractmethod
    def draw(self, seed: int) -> MotionField:
        """A field of the learned grid and frames, float32, drawn from the seed alone."""


class MeasuredMotion(Generator):
    """Moves each image by a field drawn from what was measured on the training clips.

    A subclass says how fields are drawn. No label is read.
    """

    grid: int = Field(default=16, ge=2, le=32)
    """Cells along the longer side of the measured fields. On the phantom (tuning seeds, 64 and
    128 px) 16 cells err by 0.31 px, all pixels by 0.32 and 0.35 px: flow averages over 21 px, and
    what it shows below the cells is noise. A field of 16 frames takes 15 KiB."""

    starts: int = Field(default=4, ge=1, le=64)
    """Places in its video that each clip is measured from, where they are drawn; as many as the
    second stage of LDDM learns from."""

    _motions: Motions | None = PrivateAttr(None)
    _shape: tuple[int, int, int, int] = PrivateAttr()

    fitted: ClassVar[str]

    @abstractmethod
    def motions(self, n_fields: int, shape: tuple[int, int, int, int]) -> Motions:
        """A module for this many fields of clips of a shape (C, T, H, W), not filled yet."""

    def fit(self, clips: ClipSet, run: Run) -> None:
        """Measure every clip's motion; see `Generator.fit`.

        Raises:
            DataError: the clips have one frame.
            TrainingError: the folder holds another fit's files.
        """
        path, chosen = run.folder / self.fitted, self._chosen()
        notes = notes_of(path, chosen, clips.shape)
        if not path.exists():
            fields = learn_fields(clips, run, self.grid, self.starts, chosen)
            motions = self.motions(len(fields), clips.shape)
            motions.learn(fields)
            save_weights(motions, path, {**notes, "fields": len(fields)})
        forget_parts(run.folder)
        self.load(run)

    def load(self, run: Run) -> None:
        """Make ready to sample; see `Generator.load`.

        Raises:
            TrainingError: the weight file is missing, damaged or of other parameters.
        """
        path = run.folder / self.fitted
        refuse_other_configuration(path, self._chosen())
        notes = read_notes(path)
        c, t, h, w = notes["shape"]
        motions = self.motions(notes["fields"], (c, t, h, w))
        load_weights(motions, path)
        self._motions, self._shape = motions, (c, t, h, w)

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        """Move each image; see `Generator.sample`. Fewer frames than learned are the first.

        Raises:
            DataError: the images are unlike the training clips, or more
                frames are asked for than they had.
        """
        if self._motions is None:
            raise PluginError(f"generator '{self.name}': call fit or load before sample")
        refuse_other_stills(self.name, stills, n_frames, self._shape)
        motions, after = self._motions, n_frames - 1
        pairs = zip(stills.images, stills.seeds, strict=True)
        return torch.stack([moved(image, motions.draw(seed)[:, :after]) for image, seed in pairs])

    def _chosen(self) -> dict[str, int]:
        """The parameters that the weights depend on."""
        return {"grid": self.grid, "starts": self.starts}
