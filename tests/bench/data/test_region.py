"""Frames cut to their region of interest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.data.region import cut, framing, region_of, without_region
from bench.data.settings import ClipSettings
from plugins.dataset import Box
from plugins.errors import DataError


def settings(**update):
    return ClipSettings(**{"size": 8, "region": "box", **update})


def numbered(height, width):
    """A frame whose pixels say where they are: row and column."""
    rows, columns = np.mgrid[:height, :width].astype(np.uint8)
    return np.stack([rows, columns, np.ones_like(rows)], axis=2)


def corner(made):
    """(row, column) of the first pixel, and of the last."""
    return made[0, 0, :2].tolist(), made[-1, -1, :2].tolist()


def marked(tools, box, pixels=None, id="a"):
    class Marked(tools.ArrayRecord):
        def region(self):
            return box

    return Marked(numbered(40, 60)[None] if pixels is None else pixels, id)


def test_the_cut_is_a_square_around_the_box_with_its_margin():
    made = cut(numbered(40, 60), Box(20, 10, 40, 20), settings())
    assert made.shape == (24, 24, 3)
    assert corner(made) == ([3, 18], [26, 41])


def test_the_cut_is_shifted_to_stay_inside_the_frame():
    frame = numbered(40, 60)
    assert corner(cut(frame, Box(0, 0, 10, 10), settings())) == ([0, 0], [11, 11])
    assert corner(cut(frame, Box(50, 30, 60, 40), settings())) == ([28, 48], [39, 59])
    assert corner(cut(frame, Box(50, 30, 90, 45), settings())) == ([28, 48], [39, 59])


def test_a_fixed_side_keeps_the_scale():
    frame = numbered(40, 60)
    for box in (Box(20, 10, 40, 20), Box(29, 14, 31, 16)):
        made = cut(frame, box, settings(region_side=16))
        assert corner(made) == ([7, 22], [22, 37])


def test_black_is_added_where_the_cut_is_larger_than_the_frame():
    made = cut(numbered(40, 60), Box(40, 0, 60, 40), settings(region_side=50))
    assert made.shape == (50, 50, 3)
    there = made[..., 2] == 1
    assert there.sum() == 40 * 50
    assert there[5:45].all()
    assert made[5, 0, :2].tolist() == [0, 10]
    whole = cut(numbered(40, 60), Box(50, 30, 60, 40), settings(region_side=100))
    assert (whole[..., 2] == 1).sum() == 40 * 60


def test_a_margin_grows_no_further_than_the_frame():
    made = cut(numbered(40, 60), Box(0, 0, 60, 40), settings(region_margin=9))
    assert made.shape == (60, 60, 3)
    assert (made[..., 2] == 1).sum() == 40 * 60
    assert (made[:10] == 0).all()


def test_a_region_outside_of_its_frame_is_a_mistake():
    with pytest.raises(DataError, match=r"left 70, .* lies outside of the frame of 60x40 pixels"):
        cut(numbered(40, 60), Box(70, 0, 80, 10), settings())


sides = st.integers(-30, 90)


@given(st.tuples(sides, sides, sides, sides), st.floats(0, 3), st.none() | st.integers(8, 90))
def test_a_cut_is_square_and_holds_the_frames_own_pixels(sides, margin, side):
    left, right = sorted(sides[:2])
    top, bottom = sorted(sides[2:])
    box, frame = Box(left, top, right + 1, bottom + 1), numbered(40, 60)
    chosen = settings(region_side=side) if side else settings(region_margin=margin)
    if right < 0 or left >= 60 or bottom < 0 or top >= 40:
        with pytest.raises(DataError, match="outside"):
            cut(frame, box, chosen)
        return
    made = cut(frame, box, chosen)
    assert made.shape[0] == made.shape[1] == (side or made.shape[0]) <= (side or 60)
    rows, columns = np.nonzero(made[..., 2])
    assert len(rows) == min(made.shape[0], 40) * min(made.shape[0], 60)
    first = made[rows[0], columns[0], :2]
    assert (made[rows, columns, 0] - first[0] == rows - rows[0]).all()
    assert (made[rows, columns, 1] - first[1] == columns - columns[0]).all()
    if side is None:
        inside = frame[max(top, 0) : bottom + 1, max(left, 0) : right + 1].reshape(-1, 3)
        there = set(map(tuple, made[rows, columns]))
        assert {tuple(inside[0]), tuple(inside[-1])} <= there


def test_frames_are_cut_and_then_squared(tools):
    pixels = np.zeros((2, 40, 60, 1), np.uint8)
    pixels[:, 10:26, 20:36] = 200
    record = marked(tools, Box(20, 10, 36, 26), pixels)
    assert (framing(record, settings(region_margin=0))(pixels[0]) == 200).all()
    whole = framing(record, ClipSettings(size=8))(pixels[0])
    assert 0 < (whole == 200).mean() < 1
    without = framing(marked(tools, None, pixels), settings())(pixels[0])
    assert np.array_equal(without, whole)


def test_records_without_a_region_are_told(tools):
    records = [marked(tools, Box(1, 1, 5, 5), id="a"), marked(tools, None, id="b")]
    assert without_region(records, settings()) == ("b",)
    assert without_region(records, ClipSettings()) == ()


def test_a_region_is_asked_for_only_where_it_is_used(tools):
    class Broken(tools.ArrayRecord):
        def region(self):
            raise DataError("the mask is damaged")

    record = Broken(numbered(40, 60)[None])
    assert region_of(record, ClipSettings()) is None
    with pytest.raises(DataError, match="the mask is damaged"):
        region_of(record, settings())


@pytest.mark.parametrize("box", [Box(5, 5, 5, 9), Box(5, 9, 9, 5)])
def test_an_empty_region_is_named(tools, box):
    with pytest.raises(DataError, match=r"a: its region of interest, left 5, .* is empty"):
        region_of(marked(tools, box), settings())
