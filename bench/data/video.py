"""Videos: any container and codec that FFmpeg reads, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from bench.data.files import ADVICE, check_file
from bench.data.image import check_pixels, on_black
from plugins.errors import DataError

_NAMES = "mp4 m4v mov 3gp avi mkv webm mpg mpeg mpe m2v ts mts m2ts wmv asf flv ogv y4m gif"
SUFFIXES = frozenset(f".{name}" for name in _NAMES.split())


def read_video(path: Path) -> Iterator[UInt8[ndarray, "H W C"]]:
    """Decode a video frame by frame: C = 1 where it is grey, else 3.

    Turned upright by its rotation; what is transparent is laid on black.

    Raises:
        DataError: as `decoded`.
    """
    for frame in decoded(path):
        try:
            pixels = _pixels(frame)
        except ValueError as error:
            raise DataError(f"{path}: {frame.format.name} pixels cannot be read: {error}") from None
        yield pixels


def decoded(path: Path) -> Iterator[av.VideoFrame]:
    """FFmpeg's frames, whose number is counted by decoding, since headers lie.

    One frame at a time is held in memory.

    Raises:
        DataError: not to be read, damaged, cut short, an image, too large, or without a picture.
    """
    check_file(path)
    count, end = 0, 0.0
    try:
        with _opened(path) as container:
            stream = _picture(container, path)
            if stream.width and stream.height:
                # Before a frame of that size is made; not every header tells it.
                check_pixels(path, stream.width, stream.height)
            size = None
            for frame in _demuxed(container, stream, path):
                check_pixels(path, frame.width, frame.height)
                size = size or (frame.width, frame.height)
                if (frame.width, frame.height) != size:
                    raise DataError(
                        f"{path}: frame {count} is {frame.width}x{frame.height}, the first is "
                        f"{size[0]}x{size[1]}; re-encode it at one size"
                    )
                # A last frame may stand for long, as in a GIF that pauses before it loops.
                end = (frame.time or 0.0) + float((frame.duration or 0) * (frame.time_base or 0))
                count += 1
                yield frame
            _check_end(container, stream, path, count, end)
    except DataError:
        raise
    except PermissionError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception as error:  # FFmpeg's errors derive from a dozen built-in ones
        reason = getattr(error, "strerror", None) or str(error)
        where = f" after frame {count - 1}" if count else ""
        raise DataError(f"{path}: is not a video, or damaged{where}: {reason}; {ADVICE}") from None


def frames_hint(path: Path) -> int:
    """About how many frames a video has, from its header; 0 where it does not tell."""
    try:
        with _opened(path) as container:
            stream = _picture(container, path)
            seconds = (container.duration or 0) / 1e6
            return stream.frames or int(seconds * float(stream.average_rate or 0))
    except Exception:  # only a hint: `read_video` says what is wrong
        return 0


def _opened(path: Path) -> Any:
    # Absolute, so that no name is taken for a protocol; only files, so that
    # a playlist in disguise opens no address.
    return av.open(str(path.absolute()), options={"protocol_whitelist": "file"})


def _picture(container: Any, path: Path) -> Any:
    if container.format.name == "image2" or container.format.name.endswith("_pipe"):
        raise DataError(f"{path}: is an image, not a video; name it by its kind, or leave it out")
    stream = container.streams.best("video")
    if stream is None:
        raise DataError(f"{path}: holds no video, only sound or data; leave it out with 'exclude'")
    stream.codec_context.thread_count = 1  # videos are decoded side by side instead
    return stream


def _demuxed(container: Any, stream: Any, path: Path) -> Iterator[av.VideoFrame]:
    for packet in container.demux(stream):
        for frame in packet.decode():
            if frame.is_corrupt or packet.is_corrupt:
                raise DataError(f"{path}: is damaged at {frame.time or 0:.2f} s; {ADVICE}")
            yield frame


def _check_end(container: Any, stream: Any, path: Path, count: int, end: float) -> None:
    """FFmpeg ends a cut file as if it were whole: compare with what its header promises."""
    if count == 0:
        raise DataError(f"{path}: holds no frames; {ADVICE}")
    if container.format.name == "gif":
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - 64, 0))
            if not file.read().rstrip(b"\0\r\n").endswith(b";"):
                raise DataError(f"{path}: is cut short after frame {count - 1}; {ADVICE}")
    promised = stream.duration and float(stream.duration * stream.time_base)
    if promised is None and len(container.streams) == 1 and container.duration:
        promised = container.duration / 1e6
    begin = float((stream.start_time or 0) * stream.time_base)
    frame_time = 1 / float(stream.average_rate or 25)
    if promised and promised - (end - begin) > max(0.1 * promised, 3 * frame_time):
        raise DataError(
            f"{path}: is cut short, its frames end at {end - begin:.1f} s of {promised:.1f} s; "
            f"{ADVICE}"
        )


def _pixels(frame: av.VideoFrame) -> ndarray:
    parts = frame.format.components
    if frame.format.name.startswith("gray"):
        pixels = frame.to_ndarray(format="gray")[..., None]
    elif any(part.is_alpha for part in parts):
        pixels = on_black(frame.to_ndarray(format="rgba"))
    else:
        pixels = frame.to_ndarray(format="rgb24")
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
