"""Pixels of a path, whatever it is: a video file, an array, a folder of frames, or an image."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

from bench.data import array, image, video
from bench.data.files import natural, sha256_of
from plugins.errors import DataError

MAX_BYTES = 4 << 30
"""Of a video held in memory at once; the cache reads longer ones frame by frame."""

IGNORED = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
"""What operating systems leave in folders; hidden files are ignored too."""


def is_ignored(name: str) -> bool:
    """Whether a name is a hidden file or an operating system's litter."""
    return name.startswith(".") or name.casefold() in IGNORED


def frame_files(folder: Path) -> list[Path]:
    """The frames of a folder, in natural order.

    Raises:
        DataError: the folder holds none, or something else beside them.
    """
    try:
        files = [path for path in folder.iterdir() if not is_ignored(path.name)]
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}") from None
    strange = sorted(p.name for p in files if _is_folder(p) or not is_image(p))
    if strange:
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise DataError(
            f"{folder}: a folder of frames holds images only; there is '{strange[0]}'{more}"
        )
    if not files:
        raise DataError(f"{folder}: a folder of frames without images; fill or remove it")
    return sorted(files, key=lambda path: natural(path.name))


def is_image(path: Path) -> bool:
    """Whether the name is an image's."""
    return path.suffix.lower() in image.SUFFIXES


def is_video(path: Path) -> bool:
    """Whether the name is a video file's, or an array's."""
    return path.suffix.lower() in video.SUFFIXES or _is_array(path)


def stream(path: Path) -> Iterator[UInt8[ndarray, "H W C"]]:
    """Decode frame by frame, holding one in memory.

    Raises:
        DataError: the file, or one of the frames, cannot be read.
    """
    if _is_folder(path):
        yield from _stream_folder(path)
    elif is_image(path):
        yield image.read_image(path)
    elif _is_array(path):
        yield from array.read_array(path)
    else:
        yield from video.read_video(path)


def frames(path: Path) -> UInt8[ndarray, "T H W C"]:
    """Decode all frames; grey ones among coloured ones become RGB.

    Raises:
        DataError: it cannot be read, or takes more than `MAX_BYTES`.
    """
    decoded: list[ndarray] = []
    held = 0
    for frame in stream(path):
        decoded.append(frame)
        held += frame.nbytes
        if held > MAX_BYTES:
            raise DataError(
                f"{path}: its frames take more than {MAX_BYTES >> 30} GiB; "
                "cut it into parts, or leave it out with 'exclude'"
            )
    channels = max(frame.shape[2] for frame in decoded)
    return np.stack([np.broadcast_to(f, (*f.shape[:2], channels)) for f in decoded])


def length_hint(path: Path) -> int:
    """About how many frames there are, without decoding; 0 where that cannot be told."""
    if _is_folder(path):
        return len(frame_files(path))
    if is_image(path):
        return 1
    return array.frames_hint(path) if _is_array(path) else video.frames_hint(path)


def fingerprint(path: Path) -> str:
    """SHA-256, in hex, of a file's bytes, or of the names and bytes of a folder's frames.

    Raises:
        DataError: a file cannot be read.
    """
    if not _is_folder(path):
        return sha256_of(path).hex()
    whole = hashlib.sha256()
    for file in frame_files(path):
        whole.update(file.name.encode("utf-8", "surrogateescape") + b"\0" + sha256_of(file))
    return whole.hexdigest()


def _is_array(path: Path) -> bool:
    return path.suffix.lower() in array.SUFFIXES


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except PermissionError:  # a folder above may not be entered: reading the file says so
        return False


def _stream_folder(folder: Path) -> Iterator[ndarray]:
    size: tuple[int, ...] | None = None
    for file in frame_files(folder):
        frame = image.read_image(file)
        size = size or frame.shape[:2]
        if frame.shape[:2] != size:
            raise DataError(
                f"{file}: is {frame.shape[1]}x{frame.shape[0]}, the first frame of its folder is "
                f"{size[1]}x{size[0]}; all frames of a video have one size"
            )
        yield frame
