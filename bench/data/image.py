"""Still images: plain PNG files, and any file that Pillow reads, as uint8 pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from numpy import ndarray
from PIL import Image, ImageOps

from bench.data import png
from bench.data.files import ADVICE, check_file
from plugins.errors import DataError

_NAMES = "png jpg jpeg jfif bmp dib tif tiff webp pgm ppm pnm jp2"
SUFFIXES = frozenset(f".{name}" for name in _NAMES.split())

MAX_PIXELS = 1 << 26
"""Of one image or one video frame: a file that claims more is a mistake or an attack."""


def read_image(path: Path) -> UInt8[ndarray, "H W C"]:
    """Decode an image: C = 1 where the file is grey, else 3.

    Turned upright by its EXIF tag; 16 bits are scaled to 8 over their
    full range; what is transparent is laid on black.

    Raises:
        DataError: not to be read, damaged, too large, of several pages,
            or of a pixel type that has no natural scale.
    """
    check_file(path)
    try:
        if path.suffix.lower() == ".png":
            content = path.read_bytes()
            if png.is_plain(content):
                check_pixels(path, *png.size(content))
                return png.decode(content)
        with Image.open(path) as image:
            check_pixels(path, *image.size)
            pages = getattr(image, "n_frames", 1)
            # An MPO's other pages are a camera's previews of the first.
            if pages > 1 and image.format != "MPO":
                raise DataError(
                    f"{path}: holds {pages} images; as a video, save them as a folder of frames"
                )
            ImageOps.exif_transpose(image, in_place=True)  # a copy would cost as much as a third
            return _pixels(image, path)
    except DataError:
        raise
    except Image.UnidentifiedImageError:
        raise DataError(f"{path}: is not an image, or damaged at its start; {ADVICE}") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(path, "the image") from None
    except PermissionError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    except Exception as error:  # Pillow's formats raise whatever their parsers meet
        raise DataError(f"{path}: is damaged: {error}; {ADVICE}") from None


def check_pixels(path: Path, width: int, height: int) -> None:
    """Refuse an image that would fill the memory.

    Raises:
        DataError: more than `MAX_PIXELS`, or none.
    """
    if width * height > MAX_PIXELS:
        raise _too_large(path, f"{width}x{height}")
    if width * height == 0:
        raise DataError(f"{path}: has no pixels ({width}x{height}); {ADVICE}")


def on_black(rgba: UInt8[ndarray, "H W 4"]) -> UInt8[ndarray, "H W 3"]:
    """Lay transparent pixels on black."""
    colour, alpha = rgba[..., :3].astype(np.uint16), rgba[..., 3:].astype(np.uint16)
    return ((colour * alpha + 127) // 255).astype(np.uint8)


def _too_large(path: Path, what: str) -> DataError:
    return DataError(
        f"{path}: {what} is more than {MAX_PIXELS / 1e6:.0f} million pixels; "
        "shrink it, or leave it out with 'exclude'"
    )


def _pixels(image: Image.Image, path: Path) -> ndarray:
    mode = image.mode
    if mode == "F" or mode.startswith("I"):
        return _sixteen_bits(image, path)
    if image.has_transparency_data:
        laid = on_black(np.asarray(image.convert("RGBA")))
        return laid[..., :1].copy() if mode in ("1", "L", "LA", "La") else laid
    if mode in ("1", "L"):
        return np.array(image.convert("L"))[..., None]
    return np.array(image if mode == "RGB" else image.convert("RGB"))


def _sixteen_bits(image: Image.Image, path: Path) -> ndarray:
    values = np.asarray(image)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 65535:
        raise DataError(f"{path}: has 32-bit pixels, whose scale is unknown; save 8 or 16 bits")
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)[..., None]
