"""Videos are written so that they are read back as they were meant."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data import Folder, decode
from bench.data.encoder import LEGIBLE
from bench.data.writer import EXACT, FORMS, SUFFIX, is_written, write_video
from plugins.errors import DataError


def noise(channels: int, size: tuple[int, int] = (32, 48), frames: int = 6) -> np.ndarray:
    rng = np.random.default_rng(channels)
    return rng.integers(0, 256, (channels, frames, *size), dtype=np.uint8)


@pytest.mark.parametrize("form", EXACT)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(32, 48), (33, 47)], ids=["even", "odd"])
def test_the_reader_gives_back_the_same_pixels(tmp_path: Path, form, channels, size) -> None:
    clip = noise(channels, size)
    write_video(clip, tmp_path / "benign" / f"a.b{SUFFIX[form]}", form, 10)
    (record,) = Folder(root=str(tmp_path)).videos()
    assert record.label == "benign"
    assert record.length_hint() == 6
    assert np.array_equal(record.frames(), clip.transpose(1, 2, 3, 0))


def test_frames_are_numbered_png_in_order_beyond_ten(tmp_path: Path) -> None:
    clip = noise(1, frames=12)
    write_video(clip, tmp_path / "a", "frames", 10)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [f"{i:06d}.png" for i in range(12)]
    for i, name in enumerate(names):
        with Image.open(tmp_path / "a" / name) as image:
            assert image.mode == "L"
            assert np.array_equal(np.asarray(image), clip[0, i])
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_the_cache_form_is_an_array_that_numpy_maps(tmp_path: Path) -> None:
    clip = noise(3)
    write_video(clip, tmp_path / "a.npy", "cache", 10)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r", allow_pickle=False)
    assert isinstance(mapped, np.memmap)
    assert mapped.dtype == np.uint8
    assert np.array_equal(mapped, clip.transpose(1, 2, 3, 0))


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


@pytest.mark.parametrize("form", FORMS)
def test_the_same_clip_gives_the_same_bytes(tmp_path: Path, form) -> None:
    for name in ("a", "b"):
        write_video(noise(1), tmp_path / name, form, 10)
    assert decode.fingerprint(tmp_path / "a") == decode.fingerprint(tmp_path / "b")


@pytest.mark.parametrize("form", FORMS)
def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, form) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"file/a: cannot be written: (Not a dir|File exists)"):
        write_video(noise(1), tmp_path / "file" / "a", form, 10)


@pytest.mark.parametrize("form", FORMS)
def test_what_could_not_be_finished_is_not_there(tmp_path: Path, form, monkeypatch) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataError, match="No space left on device"):
        write_video(noise(1), tmp_path / "a", form, 10)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_lost_a_frame_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_video(noise(1), path, "frames", 10)
    assert is_written(path, "frames", 6)
    (path / "000003.png").unlink()
    assert not is_written(path, "frames", 6)
    write_video(noise(1), path, "frames", 10)
    assert is_written(path, "frames", 6)
    assert np.array_equal(decode.frames(path), noise(1).transpose(1, 2, 3, 0))
