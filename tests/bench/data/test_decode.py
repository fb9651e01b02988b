"""Pixels of every kind of file, and one clear line for every kind of damage."""

import os
import shutil
import struct
import tempfile
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from bench.data import decode, image, video
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


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [("a.mp4", "libx264", "yuv420p"), ("a.mkv", "ffv1", "bgr0"), ("a.mov", "libx264", "yuv444p")],
)
def test_every_frame_of_a_variable_frame_rate_counts_once(tmp_path, name, codec, pix_fmt):
    times = [0, 100, 150, 900, 910, 920, 2000, 2500, 2510, 2520, 2600, 4000]
    pixels = np.full((12, 32, 32, 3), 20, np.uint8)
    pixels *= np.arange(12, dtype=np.uint8)[:, None, None, None]
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = 32, 32, pix_fmt
        stream.codec_context.time_base = Fraction(1, 1000)
        for frame, time in zip(pixels, times, strict=True):
            shown = av.VideoFrame.from_ndarray(frame, format="rgb24")
            shown.pts, shown.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(shown))
        container.mux(stream.encode())
    read = decode.frames(tmp_path / name).astype(int)
    assert read.shape == pixels.shape
    assert np.abs(read - pixels).mean() < 4


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mp4", "libx264", "yuv444p"),
        ("a.avi", "mjpeg", "yuvj420p"),
        ("a.mkv", "ffv1", "bgr0"),
        ("a.gif", "gif", "gray"),
    ],
)
def test_odd_sizes_and_full_colour_lose_no_row(tmp_path, tools, name, codec, pix_fmt):
    video = tools.moving_square(5, 47, 63)
    tools.write_video(tmp_path / name, video, codec, pix_fmt)
    read = decode.frames(tmp_path / name)
    assert read.shape == (5, 47, 63, 3)
    assert np.abs(read.astype(int) - video).mean() < 12


def test_a_gif_of_several_palettes_and_partial_frames(tmp_path, tools):
    video = tools.moving_square(6, 47, 63)
    video[3:, :, :20, 1:] //= 3
    frames = [Image.fromarray(frame).quantize(64) for frame in video]
    pauses = [20, 30, 500, 40, 50, 60]
    frames[0].save(
        tmp_path / "a.gif", save_all=True, append_images=frames[1:], optimize=True, duration=pauses
    )
    read = decode.frames(tmp_path / "a.gif")
    due = np.stack([np.asarray(frame.convert("RGB")) for frame in frames])
    assert np.array_equal(read, due)


@pytest.mark.parametrize("codec", ["mpeg1video", "mpeg2video"])
def test_mpeg_frames_are_counted_not_believed(tmp_path, tools, codec):
    video = tools.moving_square(12)
    with av.open(str(tmp_path / "a.mpg"), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for frame in video:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    assert decode.length_hint(tmp_path / "a.mpg") != 12
    read = decode.frames(tmp_path / "a.mpg")
    assert len(read) == 12
    assert np.abs(read.astype(int) - video).mean() < 12


def test_an_avi_that_tells_too_few_frames_has_them_all(tmp_path, tools):
    data = bytearray(tools.write_video(tmp_path / "a.avi", tools.moving_square()).read_bytes())
    for tag, place in ((b"avih", 16), (b"strh", 32)):
        at = data.index(tag) + 8 + place
        assert struct.unpack_from("<I", data, at) == (12,)
        struct.pack_into("<I", data, at, 3)
    (tmp_path / "few.avi").write_bytes(data)
    assert decode.length_hint(tmp_path / "few.avi") == 3
    assert len(decode.frames(tmp_path / "few.avi")) == 12


@pytest.mark.parametrize(
    "stem",
    [
        "two words",
        "a (1) [2] {3}",
        "a+b&c=d",
        "Übung 超音波 é",
        "%03d",
        "-i",
        "a:b|c",
        "what?*#'\"",
    ],
)
def test_any_name_is_only_a_name(tmp_path, tools, stem):
    video = tools.moving_square(3)
    tools.write_video(tmp_path / stem / f"{stem}.mkv", video, pix_fmt="bgr0")
    tools.write_image(tmp_path / stem / f"{stem}.png", video[0])
    for t in range(3):
        tools.write_image(tmp_path / stem / "frames" / f"{stem}{t}.png", video[t])
    assert np.array_equal(decode.frames(tmp_path / stem / f"{stem}.mkv"), video)
    assert np.array_equal(decode.frames(tmp_path / stem / f"{stem}.png")[0], video[0])
    assert np.array_equal(decode.frames(tmp_path / stem / "frames"), video)
    assert len(decode.fingerprint(tmp_path / stem / f"{stem}.mkv")) == 64


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


def test_a_video_of_large_frames_is_refused_before_it_is_decoded(tmp_path, tools, monkeypatch):
    tools.write_video(tmp_path / "a.mp4", tools.moving_square())
    tools.write_video(tmp_path / "untold.gif", tools.moving_square())
    monkeypatch.setattr(image, "MAX_PIXELS", 3000)
    with pytest.raises(DataError, match=r"untold\.gif: 64x48 is more than"):
        decode.frames(tmp_path / "untold.gif")
    monkeypatch.setattr(video, "_demuxed", lambda *_: pytest.fail("a frame was decoded"))
    with pytest.raises(DataError, match=r"a\.mp4: 64x48 is more than"):
        decode.frames(tmp_path / "a.mp4")


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


@pytest.fixture
def no_rights(tools):
    """Files and folders that may not be read; who is root gives that up for the while."""
    folder = Path(tempfile.mkdtemp())
    tools.write_video(folder / "a.mp4", tools.moving_square(2))
    for name in ("a.png", "frames/1.png", "listed/1.png"):
        tools.write_image(folder / name, np.zeros((8, 8), np.uint8))
    folder.chmod(0o755)
    for name, mode in (("a.mp4", 0), ("a.png", 0), ("frames", 0), ("listed", 0o444)):
        (folder / name).chmod(mode)
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    yield folder
    if was_root:
        os.seteuid(0)
    for name in ("frames", "listed"):
        (folder / name).chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such permissions here")
@pytest.mark.parametrize("name", ["a.mp4", "a.png", "frames", "frames/1.png", "listed"])
def test_what_may_not_be_read_is_named(no_rights, name):
    for read in (decode.frames, decode.fingerprint):
        with pytest.raises(DataError, match=rf"{name}.*: cannot be read: Permission denied"):
            read(no_rights / name)


@pytest.mark.parametrize("name", ["a.mp4", "a.png"])
def test_a_folder_with_a_files_name_is_a_folder(tmp_path, tools, name):
    (tmp_path / name).mkdir()
    with pytest.raises(DataError, match=rf"{name}: a folder of frames without images"):
        decode.frames(tmp_path / name)
    with pytest.raises(DataError, match=rf"{name}: is not a file"):
        image.read_image(tmp_path / name)
    with pytest.raises(DataError, match=rf"{name}: is not a file"):
        list(video.read_video(tmp_path / name))
    tools.write_image(tmp_path / name / "1.png", np.zeros((8, 8), np.uint8))
    assert decode.frames(tmp_path / name).shape == (1, 8, 8, 1)


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
