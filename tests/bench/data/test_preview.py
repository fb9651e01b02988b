"""Previews: which records are drawn, and how each is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bench.data.lettering import elided, legible, width_of, wrapped
from bench.data.preview import Manner, Shown, draw_preview, evenly
from bench.data.thumbnail import MOST, letterboxed, thumbnail
from plugins.errors import DataError

BLUE, DARK = (24, 56, 92), (28, 28, 28)


@given(st.integers(1, 500), st.integers(1, 40), st.integers(0, 2**63 - 1))
def test_records_are_drawn_over_the_whole_list(n, wanted, seed):
    drawn = evenly(n, wanted, seed)
    assert drawn == sorted(set(drawn))
    assert len(drawn) == min(n, wanted)
    assert drawn == evenly(n, wanted, seed)
    for part, i in enumerate(drawn):
        assert part * n // len(drawn) <= i < (part + 1) * n // len(drawn)


def test_another_seed_draws_others():
    assert len({tuple(evenly(100, 3, seed)) for seed in range(10)}) > 5


@pytest.mark.parametrize(("height", "width"), [(30, 90), (90, 30), (1, 500), (7, 7)])
def test_nothing_is_cut(height, width):
    tile = letterboxed(np.full((height, width, 1), 255, np.uint8), 60)
    assert tile.shape == (60, 60, 3)
    white = (tile == 255).all(-1)
    sides = white.any(1).sum(), white.any(0).sum()
    assert max(sides) == 60
    assert min(sides) == max(round(60 * min(height, width) / max(height, width)), 1)
    assert (tile[~white] == 64).all()


def test_colours_stay_and_corners_are_there():
    frame = np.zeros((40, 80, 3), np.uint8)
    frame[:10, :10], frame[-10:, -10:] = (255, 0, 0), (0, 0, 255)
    tile = letterboxed(frame, 40)
    assert tuple(tile[11, 1]) == (255, 0, 0)
    assert tuple(tile[28, 38]) == (0, 0, 255)


@pytest.mark.parametrize("count", [1, 2, MOST, MOST + 1, 3 * MOST + 5])
def test_a_long_video_is_thinned_with_its_ends(tools, count):
    frames = np.zeros((count, 4, 4, 1), np.uint8)
    frames[:] = (np.arange(count) * 255 // max(count - 1, 1)).astype(np.uint8)[:, None, None, None]
    small = thumbnail(tools.ArrayRecord(frames), 4)
    assert small.count == count
    assert len(small.frames) <= MOST + 1
    shown = small.frames[:, 0, 0, 0].astype(int)
    assert shown[0] == frames[0, 0, 0, 0]
    assert shown[-1] == frames[-1, 0, 0, 0]
    assert (np.diff(shown) >= 0).all()
    assert np.diff(shown).max(initial=0) <= max(3, 255 // max(count - 1, 1) + 1)


def test_a_record_without_frames_is_named(tools):
    with pytest.raises(DataError, match="a: holds no frames"):
        thumbnail(tools.ArrayRecord(np.zeros((0, 4, 4, 1), np.uint8)), 8)


@given(st.text(), st.integers(30, 400))
def test_a_caption_keeps_to_its_room(text, room):
    line = elided(text, 12, room)
    assert width_of(line, 12) <= room
    assert line == legible(text) or "…" in line
    lines = wrapped(text, 12, room, 3)
    assert len(lines) <= 3
    assert all(width_of(one, 12) <= room for one in lines)


def test_a_long_name_keeps_both_ends():
    line = elided("pocus_videos/convex/" + "long " * 40 + "video_12.mp4", 12, 200)
    assert line.startswith("pocus")
    assert line.endswith("12.mp4")


def test_letters_that_the_font_lacks():
    assert legible("é–日 a\n  b·c") == "e-? a b·c"


def _sheet(path):
    with Image.open(path) as image:
        return np.asarray(image)


def _bands(sheet, colour):
    """Where bands of a colour begin, in pixels from the top."""
    inside = (sheet[:, sheet.shape[1] // 2] == colour).all(-1)
    return [int(i) for i in np.flatnonzero(inside[1:] & ~inside[:-1]) + 1]


def test_videos_have_rows_and_stills_a_grid(tmp_path, tools):
    video = [tools.ArrayRecord(tools.moving_square(6), f"v{i}", "x") for i in range(5)]
    stills = [tools.ArrayRecord(tools.moving_square(1), f"s{i}", "xyz"[i % 3]) for i in range(21)]
    told = []
    sets = [Shown("one", "videos", video), Shown("two", "images", stills)]
    manner = Manner(per_class=2, frames=3, size=50)
    faults = draw_preview(sets, manner, tmp_path / "a.png", lambda *done: told.append(done))
    assert faults == []
    assert told[-1] == (2 + 21, 2 + 21)
    sheet = _sheet(tmp_path / "a.png")
    assert sheet.shape[1] == 5 * 54 + 4
    assert len(_bands(sheet, BLUE)) == 2
    assert len(_bands(sheet, DARK)) == 1 + 3
    # Two rows of at most five for seven stills, each tile with two lines below it.
    grids = np.diff(_bands(sheet, DARK)[1:])
    assert (grids == 2 * (50 + 28 + 4) + 22 + 8).all()


def test_a_bad_record_is_told_in_its_place(tmp_path, tools):
    class Wrong(tools.ArrayRecord):
        def stream(self):
            raise DataError(f"/data/{self.id}: is damaged; copy it again")

    for which, tile in (("videos", slice(4, 4 + 270)), ("images", slice(4 + 54, 4 + 54 + 50))):
        records = [tools.ArrayRecord(tools.moving_square(6), "good"), Wrong(None, "bad", "x")]
        shown = Shown("set", which, records, n_faults=1)
        faults = draw_preview([shown], Manner(frames=3, size=50), tmp_path / "a.png")
        assert faults == ["/data/bad: is damaged; copy it again"]
        sheet = _sheet(tmp_path / "a.png")
        red = (sheet == (112, 24, 24)).all(-1)
        rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
        assert rows[-1] - rows[0] == 49
        assert columns[0] >= tile.start
        assert columns[-1] < tile.stop
        assert (sheet[rows[0] : rows[-1], columns[0] : columns[-1]] > 200).any()


def test_a_preview_of_real_ultrasound(sample_data, tmp_path):
    from bench.data.readers.busi import Busi

    records = Busi(root=str(sample_data / "busi"), normal=True).images()
    shown = Shown("busi", "images", records)
    assert draw_preview([shown], Manner(per_class=1, size=48), tmp_path / "a.png") == []
    sheet = _sheet(tmp_path / "a.png")
    assert len(_bands(sheet, DARK)) == 3
