"""The training videos of a split: files at the clips' size, and a table of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from bench.cells.part import Part
from bench.data import Cache, ClipSettings
from bench.data.writer import SUFFIX, Form, write_video
from bench.export.linked import linked

_FPS = 10
"""Of a form that tells one; data sets do not say how fast theirs were recorded."""


class TrainingWriter:
    """Writes every video once; in further splits it is linked.

    Args:
        cache: of decoded videos.
        settings: what a clip is.
        form: of the files.
    """

    def __init__(self, cache: Cache, settings: ClipSettings, form: Form) -> None:
        self._cache, self._settings, self._form = cache, settings, form
        self._written: dict[str, Path] = {}

    def write(self, part: Part, folder: Path) -> int:
        """``training/`` and ``training.csv`` with id, class, group, frames and video.

        The whole videos: clips are drawn from anywhere in them, as
        ``clip.json`` says.

        Returns:
            How many videos there are.

        Raises:
            DataError: a video cannot be read.
            OSError: a file cannot be written.
        """
        (folder / "training").mkdir()
        with (folder / "training.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["id", "class", "group", "frames", "video"])
            for i, (record, group) in enumerate(zip(part.records(), part.groups, strict=True)):
                frames = self._cache.frames(record, self._settings)
                video = f"training/{i:05d}{SUFFIX[self._form]}"
                self._put(record.id, np.asarray(frames), folder / video)
                table.writerow([record.id, record.label, group, len(frames), video])
        return len(part.ids)

    def _put(self, id: str, frames: np.ndarray, path: Path) -> None:
        if id in self._written:
            linked(self._written[id], path)
            return
        write_video(frames.transpose(3, 0, 1, 2), path, self._form, _FPS)
        self._written[id] = path
