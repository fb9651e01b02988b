"""Plain PNG files: equal to what Pillow reads, and stricter."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bench.data import png
from bench.data.image import read_image
from plugins.errors import DataError

GREY, RGB = 0, 2
SIDE = 40


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(rows, colour=RGB, side=SIDE, before=b""):
    """A PNG of 8 bits from filtered rows; its checksums are right whatever the rows are."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, colour, 0, 0, 0))
    body = _chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + before + body + _chunk(b"IEND", b"")


def _rows(colour=RGB, side=SIDE, filters=range(5)):
    """Random rows, with each of the five filters in turn."""
    random = np.random.default_rng(0)
    width = side * (3 if colour == RGB else 1)
    rows = random.integers(0, 256, (side, width + 1), np.uint8)
    rows[:, 0] = np.resize(list(filters), side)
    return rows.tobytes()


def _by_pillow(content):
    return np.array(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("colour", [GREY, RGB])
def test_pixels_are_those_that_pillow_reads(tmp_path, colour):
    content = _png(_rows(colour), colour)
    assert png.is_plain(content)
    assert png.size(content) == (SIDE, SIDE)
    assert np.array_equal(png.decode(content).squeeze(), _by_pillow(content))
    (tmp_path / "a.png").write_bytes(content)
    assert read_image(tmp_path / "a.png").shape == (SIDE, SIDE, 3 if colour == RGB else 1)


def test_real_files_are_read_as_pillow_reads_them(sample_data):
    plain = 0
    for path in sorted(sample_data.rglob("*.png"))[::7]:
        content = path.read_bytes()
        if png.is_plain(content):
            plain += 1
            assert np.array_equal(png.decode(content).squeeze(), _by_pillow(content))
    assert plain > 10


def _saved(made, **options):
    file = io.BytesIO()
    made.save(file, format="png", **options)
    return file.getvalue()


def test_what_changes_the_pixels_is_not_plain():
    grey = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8))
    turned = Image.Exif()
    turned[274] = 6
    told = PngInfo()
    told.add_text("XML:com.adobe.xmp", "<x tiff:Orientation='6'/>")
    others = [
        _saved(grey.convert("P")),
        _saved(grey.convert("1")),
        _saved(grey.convert("LA")),
        _saved(grey.convert("RGB"), transparency=(1, 1, 1)),
        _saved(grey, exif=turned),
        _saved(grey, pnginfo=told),
        _saved(grey, save_all=True, append_images=[grey.rotate(90)]),
        b"",
        b"GIF89a" * 10,
        _png(_rows())[:20],
    ]
    assert [png.is_plain(content) for content in others] == [False] * len(others)
    assert png.is_plain(_saved(grey, dpi=(72, 72)))


def _damaged():
    rows = _rows()
    whole = _png(rows)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 4
    return {
        "cut": whole[: len(whole) // 2],
        "cut at its end": whole[:-20],
        "a flipped bit": bytes(flipped),
        "half of the rows": _png(rows[: len(rows) // 2]),
        "a byte too few": _png(rows[:-1]),
        "a filter that does not exist": _png(_rows(filters=[0, 9])),
        "no pixels": _png(b""),
    }


@pytest.mark.parametrize("name", _damaged())
def test_damage_is_refused(tmp_path, name):
    (tmp_path / "a.png").write_bytes(_damaged()[name])
    with pytest.raises(DataError, match=r"a\.png: is damaged: .+exclude"):
        read_image(tmp_path / "a.png")


def test_a_plain_file_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path):
    (tmp_path / "a.png").write_bytes(_png(b"", side=100_000))
    with pytest.raises(DataError, match="100000x100000 is more than"):
        read_image(tmp_path / "a.png")
