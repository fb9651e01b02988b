"""Videos that are as large as the clips already: read as they are, or refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.data import decode
from bench.data.settings import ClipSettings
from bench.data.square import square
from plugins.errors import DataError
from plugins.types import Frames


def read_clip(path: Path, settings: ClipSettings) -> Frames:
    """Read a video file, an array or a folder of frames that has the clips' size.

    Frames in colour become grey, and grey ones RGB, as those of any video
    of the experiment do; none is cut or resized.

    Args:
        path: to be read.
        settings: size and channels.

    Returns:
        uint8 (T, size, size, channels).

    Raises:
        DataError: it cannot be read, or has another size.
    """
    frames = decode.frames(path)
    height, width = frames.shape[1:3]
    if (height, width) != (settings.size, settings.size):
        raise DataError(
            f"{path}: is {width}x{height}, {settings.size}x{settings.size} is due; write it at the "
            "stills' size"
        )
    return np.stack([square(frame, settings) for frame in frames])
