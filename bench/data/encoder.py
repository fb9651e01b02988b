"""Frames as a video stream: H.264 to look at, FFV1 to train on."""

from __future__ import annotations

from fractions import Fraction
from typing import BinaryIO, Literal

import av
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

LEGIBLE = 256
"""An mp4's least height and width in pixels: smaller frames are enlarged by whole pixels."""


def encode(
    frames: UInt8[ndarray, "T H W C"],
    file: BinaryIO,
    form: Literal["mp4", "lossless"],
    fps: Fraction | int,
) -> None:
    """Encode a video; the same frames give the same bytes.

    Args:
        frames: C = 1 (grey) or 3 (RGB).
        file: open for writing, at its start.
        form: ``lossless`` is FFV1 in Matroska; ``mp4`` is H.264 in 4:2:0,
            enlarged to `LEGIBLE` pixels.
        fps: frames per second.

    Raises:
        OSError: the file cannot be written.
    """
    if form == "mp4":
        frames = _legible(frames)
    grey = frames.shape[3] == 1
    # Bit-exact: neither the library's version nor the date is written into the file.
    options = {"fflags": "+bitexact"}
    container_format = "mp4" if form == "mp4" else "matroska"
    with av.open(file, "w", format=container_format, options=options) as container:
        codec: Literal["libx264", "ffv1"] = "libx264" if form == "mp4" else "ffv1"
        stream = container.add_stream(codec, rate=fps)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = frames.shape[1:3]
        lossless = "gray" if grey else "bgr0"
        stream.pix_fmt = "yuv420p" if form == "mp4" else lossless
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        # One thread, so that the same clip gives the same bytes on any machine.
        stream.codec_context.thread_count = 1
        if form == "mp4":
            # Else x264 smooths speckle away, as noise.
            stream.options = {"crf": "12", "preset": "medium", "tune": "grain"}
        for pixels in frames:
            picture = av.VideoFrame.from_ndarray(
                pixels[..., 0] if grey else pixels, format="gray" if grey else "rgb24"
            )
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def _legible(frames: ndarray) -> ndarray:
    """Enlarge small frames by whole pixels, and make both sides even, as 4:2:0 needs."""
    times = -(-LEGIBLE // min(frames.shape[1:3]))
    frames = frames.repeat(times, axis=1).repeat(times, axis=2)
    odd = [(0, n % 2) for n in frames.shape[1:3]]
    return np.pad(frames, ((0, 0), *odd, (0, 0)), mode="edge")
