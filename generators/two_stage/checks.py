"""What can be wrong with files, images and memory, said with the parameter to change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from plugins.errors import DataError, TrainingError
from plugins.generator import Stills
from plugins.memory import ran_out_of_memory
from plugins.weightfile import read_notes


def refuse_other_configuration(path: Path, wanted: dict[str, Any]) -> None:
    """Raise where a weight file was written with other parameters.

    Args:
        path: the weight file.
        wanted: this generator's parameters that the file depends on.

    Raises:
        TrainingError: names the file and the first parameter that differs;
            or the file is missing or damaged.
    """
    found = read_notes(path).get("parameters", {})
    for name, value in wanted.items():
        if found.get(name) != value:
            raise TrainingError(
                f"{path} was learned with {name} = {found.get(name)!r}, this generator has "
                f"{value!r}: set {name} = {found.get(name)!r}, or use another folder"
            )


def notes_of(
    path: Path, parameters: dict[str, Any], shape: tuple[int, int, int, int]
) -> dict[str, Any]:
    """What is kept in a weight file's header; a file that exists must say the same.

    Raises:
        TrainingError: it was written with other parameters, or for clips of another shape.
    """
    if path.exists():
        refuse_other_configuration(path, parameters)
        found = read_notes(path).get("shape")
        if found != list(shape):
            raise TrainingError(
                f"{path} was learned from clips of shape {found}, these have {list(shape)}: "
                "use another folder"
            )
    return {"parameters": parameters, "shape": list(shape)}


def refuse_other_stills(
    name: str, stills: Stills, n_frames: int, shape: tuple[int, int, int, int]
) -> None:
    """Raise where images are unlike the clips that were learned from.

    Args:
        name: of the generator.
        stills: what is to be continued.
        n_frames: the frames asked for.
        shape: (C, T, H, W) of the training clips.

    Raises:
        DataError: names what differs and the setting to change.
    """
    channels, frames, height, width = shape
    c, h, w = stills.images.shape[1:]
    if (h, w) != (height, width):
        raise DataError(
            f"'{name}' learned from clips of {height} x {width} pixels, these images have "
            f"{h} x {w}: set clip.size = {height}, or train on such clips"
        )
    if c != channels:
        raise DataError(
            f"'{name}' learned from clips with {channels} channels, these images have {c}: "
            f"set clip.channels = {channels}, or train on such clips"
        )
    if not 1 <= n_frames <= frames:
        raise DataError(
            f"'{name}' learned from clips of {frames} frames and makes 1 to {frames}, not "
            f"{n_frames}: set clip.frames"
        )
    if not bool(torch.isfinite(stills.images).all()):
        raise DataError(f"'{name}' was given images with NaN or infinite pixels: mend the images")


@contextmanager
def enough_memory(name: str, device: str) -> Iterator[None]:
    """Say what to lower where memory runs out though batches were halved down to one.

    Raises:
        TrainingError: in place of torch's own error.
    """
    try:
        yield
    except RuntimeError as error:
        if not ran_out_of_memory(error):
            raise
        raise TrainingError(
            f"'{name}': out of memory on {device}, even with one clip at a time. Take smaller "
            "clips (clip.size, clip.frames) or a smaller model (base_channels), "
            "or leave the device to this run alone."
        ) from error
