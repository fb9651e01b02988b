"""Clips as files: to look at, to train on, to open elsewhere."""

from __future__ import annotations

import shutil
import uuid
from fractions import Fraction
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image

from bench.data.array import write_array
from bench.data.encoder import encode
from bench.data.files import replacing
from plugins.errors import DataError
from plugins.files import flush, flush_folder

Form = Literal["mp4", "lossless", "frames", "cache"]

FORMS: tuple[Form, ...] = get_args(Form)

SUFFIX: dict[Form, str] = {"mp4": ".mp4", "lossless": ".mkv", "frames": "", "cache": ".npy"}

EXACT: tuple[Form, ...] = ("lossless", "cache", "frames")
"""The forms that are read back to the same pixels, the quickest to be read first."""


def write_video(
    clip: UInt8[ndarray, "C T H W"], path: Path, form: Form, fps: Fraction | int
) -> None:
    """Write a clip as a video, whole or not at all; the same clip gives the same bytes.

    ============  ============================================================
    form          is
    ============  ============================================================
    ``mp4``       H.264, 4:2:0, enlarged: plays everywhere, for the eye alone
    ``lossless``  FFV1 in Matroska
    ``frames``    a folder of PNG files, ``000000.png`` and on
    ``cache``     uint8 (T, H, W, C) as ``.npy``: nothing is left to decode
    ============  ============================================================

    All but ``mp4`` are read back to the same pixels by any reader of this
    program that reads files.

    Args:
        clip: C = 1 (grey) or 3 (RGB).
        path: its suffix should be ``SUFFIX[form]``.
        fps: frames per second, where the form can tell it.

    Raises:
        DataError: it cannot be written.
    """
    frames = np.ascontiguousarray(clip.transpose(1, 2, 3, 0))
    try:
        if form == "frames":
            _write_frames(frames, path)
        elif form == "cache":
            write_array(frames, path)
        else:
            with replacing(path) as file:
                encode(frames, file, form, fps)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from None


def is_written(path: Path, form: Form, n_frames: int) -> bool:
    """Whether `write_video` has written a video of so many frames there."""
    if form == "frames":
        return path.is_dir() and len(list(path.glob("*.png"))) == n_frames
    return path.is_file()


def _write_frames(frames: ndarray, path: Path) -> None:
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    beside.mkdir(parents=True)
    try:
        for i, pixels in enumerate(frames):
            file = beside / f"{i:06d}.png"
            Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file)
            flush(file)
        shutil.rmtree(path, ignore_errors=True)  # one that lacks frames
        beside.rename(path)
        flush_folder(path.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
