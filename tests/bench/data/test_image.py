"""Pixels of still images of every kind, and what is refused."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data import image
from plugins.errors import DataError


def _saved(path, made, **options):
    made.save(path, **options)
    return image.read_image(path)


def test_images_of_every_pixel_type(tmp_path):
    ramp = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    grey = Image.fromarray(ramp)
    assert np.array_equal(_saved(tmp_path / "grey.png", grey)[..., 0], ramp)
    assert _saved(tmp_path / "rgb.png", grey.convert("RGB")).shape == (8, 8, 3)
    assert _saved(tmp_path / "palette.png", grey.convert("P")).shape == (8, 8, 3)
    assert set(_saved(tmp_path / "bits.png", grey.convert("1")).ravel()) <= {0, 255}
    assert _saved(tmp_path / "cmyk.jpg", grey.convert("CMYK")).shape == (8, 8, 3)
    deep = Image.fromarray(ramp.astype(np.uint16) * 257)
    assert np.array_equal(_saved(tmp_path / "deep.png", deep)[..., 0], ramp)
    assert np.array_equal(_saved(tmp_path / "deep.tif", deep)[..., 0], ramp)


def test_transparent_pixels_are_laid_on_black(tmp_path):
    pixels = np.full((4, 4, 4), 200, np.uint8)
    pixels[..., 3] = [0, 128, 255, 255]
    read = _saved(tmp_path / "a.png", Image.fromarray(pixels))
    assert read[0, :, 0].tolist() == [0, 100, 200, 200]
    grey = _saved(tmp_path / "b.png", Image.fromarray(pixels[..., 2:]))
    assert grey.shape == (4, 4, 1)
    assert grey[0, :, 0].tolist() == [0, 100, 200, 200]


def test_the_exif_tag_turns_an_image_upright(tmp_path):
    pixels = np.zeros((4, 8), np.uint8)
    pixels[0] = 255
    exif = Image.Exif()
    exif[274] = 6
    read = _saved(tmp_path / "a.png", Image.fromarray(pixels), exif=exif)
    assert read.shape == (8, 4, 1)
    assert (read[:, -1] == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_ends_upright(tmp_path, orientation):
    upright = np.arange(32, dtype=np.uint8).reshape(4, 8)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    read = _saved(tmp_path / "a.png", Image.fromarray(np.ascontiguousarray(stored)), exif=exif)
    assert np.array_equal(read[..., 0], upright)


def test_sixteen_bits_lose_their_lower_half_and_nothing_else(tmp_path):
    deep = np.array([[0, 128, 129, 32896, 65406, 65407, 65535]], np.uint16)
    read = _saved(tmp_path / "a.png", Image.fromarray(deep))
    assert read[0, :, 0].tolist() == [0, 0, 1, 128, 254, 255, 255]


def test_thirty_two_bits_have_no_scale(tmp_path):
    with pytest.raises(DataError, match="32-bit"):
        _saved(tmp_path / "a.tif", Image.fromarray(np.ones((4, 4), np.float32)))


def test_pages_of_an_image_are_not_skipped(tmp_path):
    page = Image.new("L", (4, 4))
    with pytest.raises(DataError, match="holds 2 images"):
        _saved(tmp_path / "a.tif", page, save_all=True, append_images=[page])


def test_an_image_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    Image.new("1", (300, 300)).save(tmp_path / "a.png")
    monkeypatch.setattr(image, "MAX_PIXELS", 80_000)
    with pytest.raises(DataError, match="300x300 is more than"):
        image.read_image(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(DataError, match="million pixels"):
        image.read_image(tmp_path / "a.png")


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _blank_png(side):
    """A sound PNG of one bit per pixel, compressed row by row."""
    squeeze, row = zlib.compressobj(9), bytes((side + 7) // 8 + 1)
    rows = b"".join(squeeze.compress(row) for _ in range(side)) + squeeze.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


REFUSED = """
import resource, sys
from pathlib import Path
from bench.data import decode
from plugins.errors import DataError

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

before = peak()
try:
    decode.frames(Path(sys.argv[1]))
except DataError as error:
    print(error)
print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is told in other units elsewhere")
def test_an_image_of_twenty_thousand_pixels_is_refused_before_it_is_decoded(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(_blank_png(20_000))
    command = [sys.executable, "-c", REFUSED, str(path)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True
    )
    said, grown = done.stdout.splitlines()
    assert said.startswith(f"{path}: ")
    assert "more than 67 million pixels" in said
    assert int(grown) < 60_000
