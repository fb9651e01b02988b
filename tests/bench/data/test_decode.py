"""Pixels of every kind of video, whatever its name and its header say."""

import struct
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import av
import numpy as np
import pytest

from bench.data import decode


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
