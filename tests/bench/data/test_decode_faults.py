"""One clear line for every kind of file that cannot be decoded."""

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest

from bench.data import decode, image, video
from plugins.errors import DataError


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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(DataError, match="is not a file"):
        decode.frames(tmp_path / "a.mp4")
