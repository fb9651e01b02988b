"""Video files are written so that they are read back as they were meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.data import decode
from bench.data.writer import LEGIBLE, write_video
from plugins.errors import DataError


def noise(channels: int, size: tuple[int, int] = (32, 48)) -> np.ndarray:
    rng = np.random.default_rng(channels)
    return rng.integers(0, 256, (channels, 6, *size), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(32, 48), (33, 47)], ids=["even", "odd"])
def test_lossless_is_read_back_to_the_same_pixels(tmp_path: Path, channels, size) -> None:
    clip = noise(channels, size)
    write_video(clip, tmp_path / "a.mkv", "lossless", 10)
    assert np.array_equal(decode.frames(tmp_path / "a.mkv"), clip.transpose(1, 2, 3, 0))


def test_mp4_shows_the_clip_enlarged_and_even(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(20, 230, 47).astype(np.uint8), (33, 1))
    clip = np.stack([np.roll(ramp, t, axis=1) for t in range(6)])[None]
    write_video(clip, tmp_path / "a.mp4", "mp4", 10)
    shown = decode.frames(tmp_path / "a.mp4")
    times = -(-LEGIBLE // 33)
    assert shown.shape[:3] == (6, 33 * times, 47 * times)
    small = shown[:, times // 2 :: times, times // 2 :: times].mean(-1)[:, :33, :47]
    assert np.abs(small - clip[0]).mean() < 3


def test_an_mp4_of_odd_sides_repeats_the_last_row_and_column(tmp_path: Path) -> None:
    write_video(noise(1, (301, 303)), tmp_path / "a.mp4", "mp4", 10)
    assert decode.frames(tmp_path / "a.mp4").shape[:3] == (6, 302, 304)


@pytest.mark.parametrize("form", ["mp4", "lossless"])
def test_the_same_clip_gives_the_same_bytes(tmp_path: Path, form) -> None:
    for name in ("a", "b"):
        write_video(noise(1), tmp_path / name, form, 10)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file/a.mkv: cannot be written"):
        write_video(noise(1), tmp_path / "file" / "a.mkv", "lossless", 10)
