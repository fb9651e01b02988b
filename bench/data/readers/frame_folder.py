"""A video as a folder of numbered frames."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bench.data.decode import frame_files
from bench.data.readers.layout import listed, naming_problem, shown
from plugins.errors import DataError

_NUMBERED = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class FrameFolder:
    """A folder of frames, and how they are numbered.

    Attributes:
        path: the folder.
        frames: its image files, in order; at least one.
    """

    path: Path
    frames: tuple[Path, ...]

    @property
    def first(self) -> int:
        """The number of the first frame."""
        return int(self.frames[0].stem)

    @property
    def n_missing(self) -> int:
        """How many numbers between the first and the last have no frame."""
        return int(self.frames[-1].stem) - self.first + 1 - len(self.frames)


def frame_folder(path: Path, example: str) -> FrameFolder:
    """Look at a folder of frames, without reading them.

    Args:
        path: the folder.
        example: a frame's name, for messages; its suffix is that of all frames.

    Raises:
        DataError: it is no folder, or something in it is no numbered frame,
            stands for a number twice, or is a link that leads nowhere.
    """
    problem = naming_problem(path)
    if problem or not path.is_dir():
        raise DataError(problem or f"{path}: is a file; a video is a folder of frames '{example}'")
    listed(path)  # says so where the folder cannot be looked into
    frames = frame_files(path)
    numbers: dict[int, Path] = {}
    for frame in frames:
        if problem := naming_problem(frame):
            raise DataError(problem)
        if frame.suffix.lower() != Path(example).suffix or not _NUMBERED.fullmatch(frame.stem):
            raise DataError(f"{path}: '{shown(frame)}' is no frame; those are as '{example}'")
        twin = numbers.setdefault(int(frame.stem), frame)
        if twin is not frame:
            raise DataError(f"{path}: '{twin.name}' and '{frame.name}' have the same number")
    return FrameFolder(path, tuple(frames))
