"""Figures for print."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.figure import COLUMNS, DPI, Panel, draw_figure
from plugins.errors import DataError


def counted(frames: int, side: int = 32, offset: int = 0) -> np.ndarray:
    """A clip (3, T, H, W) whose frame t has the colour `shade(offset + 10 t)`."""
    clip = np.empty((3, frames, side, side), np.uint8)
    for t in range(frames):
        clip[:, t] = np.reshape(shade(offset + 10 * t), (3, 1, 1))
    return clip


def shade(level: int) -> np.ndarray:
    """A colour that no letter has: those are grey."""
    return np.array([level, 0, 255], np.uint8)


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.mode == "RGB"
        return np.asarray(image)


def tiles(picture: np.ndarray, levels: list[int], side: int = 192) -> list[tuple[int, int]]:
    """Where the squares of given shades stand: upper left corners, (y, x)."""
    corners = []
    for level in levels:
        ys, xs = np.nonzero((picture == shade(level)).all(-1))
        box = (ys.min(), xs.min(), ys.max(), xs.max())
        square = picture[box[0] : box[2] + 1, box[1] : box[3] + 1]
        assert square.shape == (side, side, 3)
        assert (square == shade(level)).all()
        corners.append((int(box[0]), int(box[1])))
    return corners


def test_rows_share_equal_columns_at_evenly_spaced_frames(tmp_path: Path) -> None:
    panel = Panel("benign", "x1", [("real", counted(15)), ("lddm", counted(15, offset=5))])
    draw_figure([panel], tmp_path / "figure.png")
    picture = pixels(tmp_path / "figure.png")
    frames = [0, 2, 4, 6, 8, 10, 12, 14]
    assert len(frames) == COLUMNS
    above = tiles(picture, [10 * t for t in frames if t])
    below = tiles(picture, [10 * t + 5 for t in frames if t])
    assert len({y for y, _ in above}) == len({y for y, _ in below}) == 1
    assert [x for _, x in above] == [x for _, x in below]
    assert len(set(np.diff([x for _, x in above]))) == 1
    assert below[0][0] - above[0][0] >= 192
    for hidden in (1, 3, 5, 7, 9, 11, 13):
        assert not (picture == shade(10 * hidden)).all(-1).any()


def test_the_image_stands_once_before_the_time_axis(tmp_path: Path) -> None:
    rows = [(f"sample {s}", counted(4, offset=100 + s)) for s in range(2)]
    rows[1][1][:, 0] = rows[0][1][:, 0]  # the same image
    draw_figure([Panel("benign", "x1", rows)], tmp_path / "apart.png", image_apart=True)
    draw_figure([Panel("benign", "x1", rows)], tmp_path / "within.png")
    apart, within = pixels(tmp_path / "apart.png"), pixels(tmp_path / "within.png")
    ((_, first), (_, second), (_, third)) = tiles(apart, [100, 110, 120])
    assert second - first > third - second > 192
    assert round((within == shade(100)).all(-1).sum() / 192**2) == 2


def test_it_is_made_for_print_and_has_the_same_bytes_again(tmp_path: Path) -> None:
    panels = [
        Panel(name, "病变 with a long name " * 20, [("sample with a long name " * 9, counted(9))])
        for name in ("benign", "")
    ]
    for name in ("a", "b"):
        draw_figure(panels, tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as image:
        assert [round(value) for value in image.info["dpi"]] == [DPI, DPI]
    picture = pixels(tmp_path / "a.png")
    assert (picture[:, -20:] == 255).all()  # nothing runs over the margin
    assert (picture[:, :10] == 255).all()


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("apart", [False, True])
def test_short_clips_are_drawn_too(tmp_path: Path, frames: int, apart: bool) -> None:
    panel = Panel("benign", "", [("", counted(frames, offset=7))])
    draw_figure([panel], tmp_path / "figure.png", image_apart=apart)
    assert len(tiles(pixels(tmp_path / "figure.png"), [7, 17][:frames])) == frames


@pytest.mark.parametrize(("side", "shown"), [(8, 192), (64, 192), (112, 224), (256, 256)])
def test_small_frames_are_enlarged_by_whole_pixels(tmp_path: Path, side: int, shown: int) -> None:
    draw_figure([Panel("", "", [("", counted(2, side))])], tmp_path / "a.png")
    assert tiles(pixels(tmp_path / "a.png"), [10], shown)


def test_large_frames_are_shrunk_in_their_shape(tmp_path: Path) -> None:
    clip = counted(2, 1000)[:, :, :500]  # (3, 2, 500, 1000)
    draw_figure([Panel("", "", [("", clip)])], tmp_path / "a.png")
    ys, xs = np.nonzero((pixels(tmp_path / "a.png") == shade(10)).all(-1))
    assert (np.ptp(ys) + 1, np.ptp(xs) + 1) == (192, 384)


def test_what_cannot_be_drawn_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="of no clips"):
        draw_figure([], tmp_path / "a.png")
    rows = [("a", counted(4)), ("b", counted(5))]
    with pytest.raises(DataError, match="several lengths or sizes"):
        draw_figure([Panel("", "", rows)], tmp_path / "a.png")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        draw_figure([Panel("", "", rows[:1])], tmp_path / "file" / "a.png")
