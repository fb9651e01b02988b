"""Pixels of every kind of file, and one clear line for every kind of damage."""

import os
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from bench.data import decode, image
from bench.data.files import natural
from plugins.errors import DataError


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".gif", ".mkv"])
def test_a_video_decodes_to_what_was_written(tmp_path, tools, suffix):
    video = tools.moving_square()
    path = tools.write_video(tmp_path / f"a{suffix}", video)
    read = decode.frames(path)
    assert read.shape == (12, 48, 64, 1 if suffix == ".mkv" else 3)
    assert read.dtype == np.uint8
    error = np.abs(read.astype(int) - video[..., : read.shape[3]])
    assert error.mean() < (2 if suffix == ".mkv" else 12)
    assert decode.length_hint(path) == 12


def test_grey_frames_are_lossless_in_ffv1(tmp_path, tools):
    video = tools.moving_square()
    tools.write_video(tmp_path / "a.mkv", video, pix_fmt="bgr0")
    assert np.array_equal(decode.frames(tmp_path / "a.mkv"), video)


def test_a_gifs_transparent_pixels_are_black(tmp_path):
    frames = []
    for x in (2, 8):
        frame = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
        frame.paste((200, 200, 200, 255), (x, 4, x + 4, 8))
        frames.append(frame)
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], disposal=2)
    read = decode.frames(tmp_path / "a.gif")
    assert read.shape == (2, 16, 16, 3)
    assert (read[0, 0, 0] == 0).all()
    assert (read[1, 5, 3] == 0).all()
    assert abs(int(read[1, 5, 9, 0]) - 200) < 8


def test_a_gif_that_pauses_at_its_end_is_whole(tmp_path):
    frames = [Image.new("L", (16, 16), 20 * i) for i in range(10)]
    pause = [50] * 9 + [5000]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=pause)
    assert len(decode.frames(tmp_path / "a.gif")) == 10


def test_a_rotated_video_is_turned_upright(tmp_path, tools):
    path = tools.write_video(tmp_path / "a.mp4", tools.moving_square(4))
    data = bytearray(path.read_bytes())
    # The track header's matrix, 40 bytes into its box: a quarter turn clockwise.
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    (tmp_path / "b.mp4").write_bytes(data)
    straight, turned = decode.frames(path), decode.frames(tmp_path / "b.mp4")
    assert turned.shape == (4, 64, 48, 3)
    assert np.array_equal(turned, np.rot90(straight, -1, axes=(1, 2)))


def test_a_frame_folder_is_read_in_natural_order(tmp_path, tools):
    for t in range(12):
        tools.write_image(tmp_path / f"{t}.png", np.full((8, 8), 10 * t, np.uint8))
    (tmp_path / ".hidden").write_text("")
    (tmp_path / "Thumbs.db").write_text("")
    read = decode.frames(tmp_path)
    assert read[:, 0, 0, 0].tolist() == [10 * t for t in range(12)]


def test_grey_frames_among_coloured_ones_become_rgb(tmp_path, tools):
    tools.write_image(tmp_path / "1.png", np.full((8, 8), 7, np.uint8))
    tools.write_image(tmp_path / "2.png", np.full((8, 8, 3), 9, np.uint8))
    assert decode.frames(tmp_path).shape == (2, 8, 8, 3)


def test_natural_order_is_numeric():
    names = ["a10", "a2", "A1", "a", "10", "9", ""]
    assert sorted(names, key=natural) == ["", "9", "10", "a", "A1", "a2", "a10"]


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


def test_a_video_that_would_fill_the_memory_is_refused(tmp_path, tools, monkeypatch):
    tools.write_video(tmp_path / "a.mkv", tools.moving_square())
    monkeypatch.setattr(decode, "MAX_BYTES", 10_000)
    with pytest.raises(DataError, match=r"a\.mkv: its frames take more"):
        decode.frames(tmp_path / "a.mkv")


def _whole(tmp_path, tools, name):
    path = tmp_path / "whole" / name
    if path.suffix == ".png":
        noise = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
        return tools.write_image(path, noise).read_bytes()
    return tools.write_video(path, tools.moving_square(40)).read_bytes()


@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv", "a.gif", "a.png"])
def test_a_cut_file_is_named(tmp_path, tools, name, capfd):
    data = _whole(tmp_path, tools, name)
    (tmp_path / name).write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(DataError) as error:
        decode.frames(tmp_path / name)
    message = str(error.value)
    assert message.startswith(str(tmp_path / name))
    assert "exclude" in message
    assert "\n" not in message
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.png"])
@pytest.mark.parametrize("content", [b"", b"no picture at all\n" * 100])
def test_what_is_no_picture_is_named(tmp_path, name, content, capfd):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}: is (empty|not an? (image|video))"):
        decode.frames(tmp_path / name)
    assert capfd.readouterr() == ("", "")


def test_a_wrong_suffix_is_named(tmp_path, tools):
    tools.write_image(tmp_path / "a.png", np.zeros((8, 8), np.uint8)).rename(tmp_path / "a.mp4")
    tools.write_video(tmp_path / "b.mp4", tools.moving_square()).rename(tmp_path / "b.png")
    with pytest.raises(DataError, match=r"a\.mp4: is an image, not a video"):
        decode.frames(tmp_path / "a.mp4")
    with pytest.raises(DataError, match=r"b\.png: is not an image"):
        decode.frames(tmp_path / "b.png")


def test_a_broken_link_is_named(tmp_path):
    (tmp_path / "a.mp4").symlink_to(tmp_path / "gone.mp4")
    with pytest.raises(DataError, match=r"a\.mp4: a link to .*gone\.mp4, which does not exist"):
        decode.frames(tmp_path / "a.mp4")
    with pytest.raises(DataError, match="which does not exist"):
        decode.fingerprint(tmp_path / "a.mp4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(DataError, match="is not a file"):
        decode.frames(tmp_path / "a.mp4")


def test_frames_of_two_sizes_are_named(tmp_path, tools):
    tools.write_image(tmp_path / "1.png", np.zeros((8, 8), np.uint8))
    tools.write_image(tmp_path / "2.png", np.zeros((8, 9), np.uint8))
    with pytest.raises(DataError, match=r"2\.png: is 9x8, the first frame of its folder is 8x8"):
        decode.frames(tmp_path)


def test_a_fingerprint_is_of_names_and_bytes(tmp_path, tools):
    pixels = np.zeros((8, 8), np.uint8)
    tools.write_image(tmp_path / "v" / "1.png", pixels)
    tools.write_image(tmp_path / "v" / "2.png", pixels)
    found = {decode.fingerprint(tmp_path / "v")}
    (tmp_path / "v").rename(tmp_path / "moved")
    assert {decode.fingerprint(tmp_path / "moved")} == found
    pixels[0, 0] = 1
    tools.write_image(tmp_path / "moved" / "2.png", pixels)
    found.add(decode.fingerprint(tmp_path / "moved"))
    (tmp_path / "moved" / "2.png").rename(tmp_path / "moved" / "3.png")
    found.add(decode.fingerprint(tmp_path / "moved"))
    assert len(found) == 3


def test_threads_decode_the_same(tmp_path, tools):
    path = tools.write_video(tmp_path / "a.mp4", tools.moving_square())
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(decode.frames, [path] * 8))
    assert all(np.array_equal(one, read[0]) for one in read)
