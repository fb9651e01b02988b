"""`precomputed`: videos made elsewhere, by any model in any language."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import Field, PrivateAttr
from torch import Tensor

from generators.controls.precomputed_folder import VideoTable, content_of, told
from generators.controls.precomputed_manifest import Manifest, read_manifest
from generators.controls.precomputed_tables import table_in
from generators.controls.precomputed_training import entry_of, refuse_leak, training_note
from plugins import DataError, Generator, Run, SplitFacts, StillId, Stills, hookimpl
from plugins.types import Clip, ClipBatch, Frames, Image

_NO_FOLDER = (
    "'precomputed' plays videos that were made elsewhere, and needs their folder: "
    "'bench export EXPERIMENT FOLDER' writes one with all that a model needs; fill in its "
    "manifest, put the videos in, and set the parameter 'folder'"
)


class Precomputed(Generator):
    """Play videos that any model made, in any language, keyed by the still's id.

    The control for the built-in generators: a published model joins the
    table without a plugin. A manifest says for every split what the model
    was trained on; videos of a model that saw a test video are refused.

    ``bench export EXPERIMENT FOLDER`` writes what the model needs. One
    experiment can play several folders, each under a name of its own:
    ``[generator.NAME]`` with ``plugin = "precomputed"``.
    """

    name: ClassVar[str] = "precomputed"
    needs_ids: ClassVar[bool] = True

    folder: str = ""
    """The folder with ``manifest.toml``; a relative one starts at the working directory. It is no
    part of the key: the content of the videos is."""

    split: str = ""
    """The split whose videos are played, as ``7:3 r0``. A run sets it, for each of its splits."""

    frame_0: float = Field(default=0.05, ge=0, le=1)
    """The largest mean squared difference between a file's frame 0 and the still, as a share of
    the still's variance. On simulated videos of 32 to 128 pixels H.264 reaches 0.041 (CRF 28), the
    next frame of the same video has 0.1 or more, and another still 0.6 or more."""

    _told: Manifest | None = PrivateAttr(None)
    _table: VideoTable | None = PrivateAttr(None)
    _read: Callable[[Path], Frames] | None = PrivateAttr(None)

    @property
    def reads_labels(self) -> bool:
        """Whether the model was told the classes, as the manifest says."""
        return bool(self.folder) and self._manifest().reads_labels

    def notes(self) -> list[str]:
        manifest = self._manifest()
        made = f"made elsewhere by {manifest.model} ({manifest.source}; {manifest.license})"
        notes = [made, training_note(self._root, manifest)]
        notes.append(f"says of other training data: {manifest.other_training_data}")
        return [*notes, manifest.notes] if manifest.notes else notes

    def on_split(self, split: SplitFacts) -> Generator:
        """Bind to a split.

        Raises:
            DataError: the manifest does not cover it, the model saw a video
                that is not in its training part, the same videos are said
                to be another model's for another split, or the videos are
                made for other clips.
        """
        refuse_leak(self._root, self._manifest(), split)
        made_for = self._manifest().clip.facts()
        for key in ("frames", "size", "channels", "offsets"):
            made, due = getattr(made_for, key), getattr(split.clip, key)
            if made != due:
                raise DataError(
                    f"{self.folder}: its videos are made for clips with {key} {_said(made)}, this "
                    f"experiment's have {_said(due)}; make them anew after 'bench export', or "
                    "change clip"
                )
        return self.model_copy(update={"split": split.name})

    def content(self, asked: Sequence[StillId]) -> dict[str, Any]:
        """The SHA-256 of every video that is asked for, and the tolerance of frame 0."""
        files = self._videos().files(asked)
        return {
            "videos": [[*still, content_of(path)] for still, path in files.items()],
            "frame_0": self.frame_0,
        }

    def load(self, run: Run) -> None:
        self._videos()
        if run.read_video is None:
            raise DataError("'precomputed' plays videos in 'bench run' only")
        self._read = run.read_video

    def sample(self, stills: Stills, n_frames: int) -> ClipBatch:
        asked = [still for still in stills.ids if still is not None]
        if len(asked) != len(stills):
            raise DataError(
                "'precomputed' plays videos of an experiment's own stills, by their ids"
            )
        files = self._videos().files(asked)
        clips: list[Tensor] = []
        faults: list[str] = []
        for image, still in zip(stills.images, asked, strict=True):
            try:
                clips.append(self._played(files[still], image, still, n_frames))
            except DataError as error:
                faults.append(str(error))
        if faults:
            lines = [*faults[:3], *([f"and {len(faults) - 3} more"] if len(faults) > 3 else [])]
            lead = f"{self.folder}: {len(faults)} of {len(asked)} videos cannot be used"
            raise DataError("\n  ".join([f"{lead}:", *lines]))
        return torch.stack(clips)

    def _played(self, path: Path, image: Image, still: StillId, n_frames: int) -> Clip:
        assert self._read is not None, "load comes before sample"
        frames = self._read(path)
        due = self._manifest().clip.frames
        if len(frames) != due or n_frames > due:
            raise DataError(f"{path}: has {len(frames)} frames, {max(due, n_frames)} are due")
        clip = torch.from_numpy(frames).permute(3, 0, 1, 2).float() / 255
        if clip.shape[0] != image.shape[0] or clip.shape[2:] != image.shape[1:]:
            raise DataError(f"{path}: is {_size(clip[:, 0])}, {_size(image)} is due")
        distance = _distance(clip[:, 0], image)
        if distance > self.frame_0:
            raise DataError(
                f"{path}: its frame 0 is not the still, {told(still)}: they differ by "
                f"{distance:.2f} of the still's variance, at most {self.frame_0} is due; is it "
                "the video of another still, or does it begin after the still?"
            )
        clip = clip[:, :n_frames].contiguous()
        clip[:, 0] = image  # exact, where coding is only near
        return clip

    def _manifest(self) -> Manifest:
        if not self.folder:
            raise DataError(_NO_FOLDER)
        if self._told is None:
            self._told = read_manifest(self._root)
        return self._told

    @property
    def _root(self) -> Path:
        # Not Path.expanduser, which raises RuntimeError where there is no such user.
        return Path(os.path.expanduser(self.folder))  # noqa: PTH111

    def _videos(self) -> VideoTable:
        if not self.folder:
            raise DataError(_NO_FOLDER)
        if not self.split:
            raise DataError("'precomputed' plays videos of a split: 'bench run' sets which")
        if self._table is None:
            where = f"{self.folder}: split '{self.split}', stills"
            entry = entry_of(self._root, self._manifest(), self.split)
            path = table_in(self._root, entry.stills, where)
            self._table = VideoTable(path, self._root)
        return self._table


def _distance(frame: Image, image: Image) -> float:
    """Mean squared difference as a share of the image's variance, or of 2 grey levels where it is
    all but flat."""
    variance = max(float(image.var(correction=0)), (2 / 255) ** 2)
    return float((frame - image).square().mean()) / variance


def _size(image: Image) -> str:
    channels, height, width = image.shape
    return f"{width}x{height} with {channels} channels"


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@hookimpl
def bench_generators() -> list[type[Generator]]:
    return [Precomputed]
