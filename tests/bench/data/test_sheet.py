"""Contact sheets."""

import numpy as np
import pytest
import torch
from PIL import Image

from bench.data.sheet import contact_sheet, strip
from plugins.errors import DataError


def test_a_sheet_shows_frames_and_slices(tmp_path, tools):
    video = tools.moving_square(16, 48, 64)
    clip = torch.from_numpy(video[..., :1]).permute(3, 0, 1, 2).float() / 255
    still = clip[:, :1].expand(-1, 16, -1, -1)
    contact_sheet([("moving", clip), ("still", still)], tmp_path / "a" / "sheet.png")
    with Image.open(tmp_path / "a" / "sheet.png") as image:
        sheet = np.asarray(image)
    row = 18 + 96 + 4
    assert sheet.shape == (2 * row + 4, 10 * (128 + 4) + 4, 3)
    tile = sheet[18 : 18 + 96, 4 : 4 + 128]
    assert np.array_equal(tile[::2, ::2], video[0])
    across = sheet[row + 18 : row + 18 + 96, 4 + 8 * 132 : 4 + 8 * 132 + 128]
    assert (across == across[0]).all()
    moved = sheet[18 : 18 + 96, 4 + 8 * 132 : 4 + 8 * 132 + 128]
    assert not (moved == moved[0]).all()


def test_the_same_clips_give_the_same_bytes(tmp_path, tools):
    video = tools.moving_square(5)
    as_floats = torch.from_numpy(video).permute(3, 0, 1, 2).float() / 255
    rows = [video, as_floats, as_floats.numpy(), video.transpose(3, 0, 1, 2)]
    for i, clip in enumerate(rows):
        contact_sheet([("très long\n" * 40, clip)], tmp_path / f"{i}.png")
    first, *others = [(tmp_path / f"{i}.png").read_bytes() for i in range(4)]
    assert all(other == first for other in others)


def test_what_cannot_be_drawn_is_named(tmp_path):
    with pytest.raises(DataError, match="without clips"):
        contact_sheet([], tmp_path / "a.png")
    with pytest.raises(DataError, match="'x': a clip has four axes"):
        contact_sheet([("x", np.zeros((3, 8, 8)))], tmp_path / "a.png")
    with pytest.raises(DataError, match="'x': a clip has 1 or 3 channels"):
        contact_sheet([("x", np.zeros((2, 8, 8, 8)))], tmp_path / "a.png")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        contact_sheet([("x", np.zeros((1, 2, 8, 8)))], tmp_path / "file" / "a.png")


def test_long_captions_are_shortened_in_their_middle(tmp_path, tools):
    video = tools.moving_square(5)
    width = 7 * (128 + 4) + 4
    for i, end in enumerate(("a", "b")):
        contact_sheet([("name " * 60 + end, video)], tmp_path / f"{i}.png")
    sheets = []
    for i in range(2):
        with Image.open(tmp_path / f"{i}.png") as image:
            sheets.append(np.asarray(image))
    assert all(sheet.shape[1] == width for sheet in sheets)
    differ = np.flatnonzero((sheets[0] != sheets[1]).any((0, 2)))
    assert width - 40 < differ[0]
    assert differ[-1] < width - 4


def test_labels_stand_over_the_slices(tools):
    video = tools.moving_square(8)
    plain = np.asarray(strip("a", video, 4))
    told = np.asarray(strip("a", video, 4, labels=("x-t", "y-t")))
    differ = np.flatnonzero((plain != told).any((0, 2)))
    assert (plain[18:] == told[18:]).all()
    assert differ[0] >= 4 * 132  # a letter may reach a pixel beyond its corner
    assert (differ >= 4 + 5 * 132).any()
