"""The motion of every training clip, measured once; a stopped run goes on where it was."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Float16
from torch import Tensor, nn

from generators.controls.pull_back import cells, pull_back
from generators.two_stage.checks import notes_of
from plugins.clips import ClipSet
from plugins.errors import DataError
from plugins.run import Run
from plugins.weightfile import load_weights, save_weights

Fields = Float16[Tensor, "M 2 L h w"]

STAGE = "fields"
"""What the progress of measuring is called."""

PARTS = "parts"
"""The folder of what is measured so far."""

PART = 64
"""Fields per file there."""


class FieldSet(nn.Module):
    """The fields of M clips, as a weight file holds them.

    Half precision: a displacement of 8 px is kept to 0.004 px. A field of
    16 frames on 16 x 16 cells takes 15 KiB.

    Args:
        n: M, the fields.
        shape: (C, T, H, W) of the training clips.
        grid: cells along the longer side.
    """

    fields: Tensor

    def __init__(self, n: int, shape: tuple[int, int, int, int], grid: int) -> None:
        super().__init__()
        of_one = (2, shape[1] - 1, *cells(shape[2:], grid))
        self.register_buffer("fields", torch.zeros(n, *of_one, dtype=torch.float16))


def learn_fields(
    clips: ClipSet, run: Run, grid: int, starts: int, parameters: dict[str, Any]
) -> Fields:
    """Measure the field of every clip; see `pull_back`.

    Where `ClipSet.draw` draws starts, each clip is measured from `starts`
    of them, alike for short and long videos, so that every clip keeps its
    weight. Fields are in the order of the clips' ids and their starts
    follow from those, so that the order of the clips does not matter.

    Args:
        clips: N of them, of two frames or more.
        run: told of the progress; its folder keeps what is measured until
            `forget_parts`.
        grid: cells along the longer side.
        starts: per clip.
        parameters: those of the generator; files of others are refused.

    Raises:
        Cancelled: the run was asked to stop.
        DataError: the clips have one frame.
        TrainingError: the folder holds the fields of another fit.
    """
    if clips.shape[1] < 2:
        raise DataError("clips of one frame have no motion to learn: set clip.frames = 2 or more")
    sources = list(_sources(clips, starts if clips.draws else 1))
    (run.folder / PARTS).mkdir(exist_ok=True)
    parts = []
    for first in range(0, len(sources), PART):
        chosen = sources[first : first + PART]
        part = FieldSet(len(chosen), clips.shape, grid)
        path = run.folder / PARTS / f"{first:06d}.safetensors"
        notes = notes_of(path, parameters, clips.shape)
        if path.exists():
            load_weights(part, path)
        else:
            for i, source in enumerate(chosen):
                run.progress(first + i, len(sources), STAGE)
                clip = clips.draw(source.clip, run.derive("start", *source.start))
                part.fields[i] = pull_back(clip, grid).half()
            save_weights(part, path, notes)
        run.progress(first + len(chosen), len(sources), STAGE)
        parts.append(part.fields)
    return torch.cat(parts)


def forget_parts(folder: Path) -> None:
    """Remove what `learn_fields` kept, once its result is safe."""
    shutil.rmtree(folder / PARTS, ignore_errors=True)


class _Source(NamedTuple):
    """A clip by its index, and the names that the seed of its start is derived from."""

    clip: int
    start: tuple[str, int, int]


def _sources(clips: ClipSet, starts: int) -> Iterator[_Source]:
    seen: Counter[str] = Counter()
    for index in sorted(range(len(clips)), key=lambda i: clips.ids[i]):
        of_video = clips.ids[index]
        for turn in range(starts):
            yield _Source(index, (of_video, seen[of_video], turn))
        seen[of_video] += 1
