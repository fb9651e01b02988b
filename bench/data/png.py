"""Plain PNG files, as most data sets are stored: decoded fast, and damage refused."""

from __future__ import annotations

from collections.abc import Iterator

import imagecodecs
import numpy as np
from jaxtyping import UInt8
from numpy import ndarray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = 25
"""Bytes of the chunk IHDR, which comes first."""
_DEPTH, _COLOUR, _INTERLACE = 24, 25, 28
"""Where its fields lie, in bytes from the file's start (PNG specification, 11.2.1)."""
_GREY, _RGB = 0, 2
_PLAIN = frozenset((b"IHDR", b"IDAT", b"IEND", b"tIME", b"pHYs", b"sRGB", b"gAMA"))


def is_plain(content: bytes) -> bool:
    """Whether a file's bytes are a PNG of 8 bits, grey or RGB, and nothing beside its pixels.

    What may add to the pixels or turn them is not plain: transparency,
    orientation, further frames, comments, palettes, interlacing.
    """
    if not content.startswith(_SIGNATURE) or len(content) < len(_SIGNATURE) + _HEADER:
        return False
    if content[_DEPTH] != 8 or content[_COLOUR] not in (_GREY, _RGB) or content[_INTERLACE]:
        return False
    return all(name in _PLAIN for name in _chunks(content))


def size(content: bytes) -> tuple[int, int]:
    """Width and height that the header of a PNG tells, pixels."""
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def decode(content: bytes) -> UInt8[ndarray, "H W C"]:
    """The pixels of a plain PNG; C = 1 or 3.

    libpng refuses rows that are missing, which Pillow may leave black.

    Raises:
        ValueError: the file is damaged.
    """
    try:
        pixels: ndarray = imagecodecs.png_decode(content)
    except RuntimeError as error:
        raise ValueError(str(error).removeprefix("png_read_data_fn ")) from None
    return np.atleast_3d(pixels)


def _chunks(content: bytes) -> Iterator[bytes]:
    """Names of the chunks, up to the end or to where the file is cut."""
    at = len(_SIGNATURE)
    while at + 8 <= len(content):
        yield content[at + 4 : at + 8]
        at += 12 + int.from_bytes(content[at : at + 4])
