"""A folder of images is a video: its order, its colours and its size."""

import numpy as np
import pytest

from bench.data import decode, image, video
from bench.data.files import natural
from plugins.errors import DataError


def test_a_frame_folder_is_read_in_natural_order(tmp_path, tools):
    for t in range(12):
        tools.write_image(tmp_path / f"{t}.png", np.full((8, 8), 10 * t, np.uint8))
    (tmp_path / ".hidden").write_text("")
    (tmp_path / "Thumbs.db").write_text("")
    read = decode.frames(tmp_path)
    assert read[:, 0, 0, 0].tolist() == [10 * t for t in range(12)]


def test_natural_order_is_numeric():
    names = ["a10", "a2", "A1", "a", "10", "9", ""]
    assert sorted(names, key=natural) == ["", "9", "10", "a", "A1", "a2", "a10"]


def test_grey_frames_among_coloured_ones_become_rgb(tmp_path, tools):
    tools.write_image(tmp_path / "1.png", np.full((8, 8), 7, np.uint8))
    tools.write_image(tmp_path / "2.png", np.full((8, 8, 3), 9, np.uint8))
    assert decode.frames(tmp_path).shape == (2, 8, 8, 3)


def test_frames_of_two_sizes_are_named(tmp_path, tools):
    tools.write_image(tmp_path / "1.png", np.zeros((8, 8), np.uint8))
    tools.write_image(tmp_path / "2.png", np.zeros((8, 9), np.uint8))
    with pytest.raises(DataError, match=r"2\.png: is 9x8, the first frame of its folder is 8x8"):
        decode.frames(tmp_path)


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
