"""Videos as arrays: any .npy of the right kind is read, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.data import decode
from bench.data.array import write_array
from plugins.errors import DataError


@pytest.fixture
def video() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 12, 10, 3), dtype=np.uint8)


def test_an_array_that_numpy_saved_is_a_video(tmp_path: Path, video: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", video)
    assert np.array_equal(decode.frames(tmp_path / "a.npy"), video)
    assert decode.length_hint(tmp_path / "a.npy") == 5


def test_a_changed_bit_is_found(tmp_path: Path, video: np.ndarray) -> None:
    path = tmp_path / "a.npy"
    write_array(video, path)
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a.npy: is damaged: its digest"):
        decode.frames(path)


@pytest.mark.parametrize("left", [0.5, 0.9])
def test_a_cut_file_is_told(tmp_path: Path, video: np.ndarray, left) -> None:
    path = tmp_path / "a.npy"
    np.save(path, video)
    content = path.read_bytes()
    path.write_bytes(content[: int(left * len(content))])
    with pytest.raises(DataError, match=r"a.npy: is cut short"):
        decode.frames(path)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((5, 12, 10, 3), np.float32),
        np.zeros((5, 12, 10), np.uint8),
        np.zeros((5, 12, 10, 2), np.uint8),
        np.asfortranarray(np.zeros((5, 12, 10, 3), np.uint8)),
        np.array([{"a": 1}], dtype=object),
    ],
    ids=["float", "three axes", "two channels", "fortran", "objects"],
)
def test_what_is_no_video_is_told(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(DataError, match=r"a.npy: is not a video; .*uint8"):
        decode.frames(tmp_path / "a.npy")
    assert decode.length_hint(tmp_path / "a.npy") == 0


def test_an_array_without_frames_or_pixels_or_of_too_many_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.zeros((0, 4, 4, 1), np.uint8))
    with pytest.raises(DataError, match="holds no frames"):
        decode.frames(path)
    np.save(path, np.zeros((4, 0, 4, 1), np.uint8))
    with pytest.raises(DataError, match="has no pixels"):
        decode.frames(path)
    np.save(path, np.zeros((1, 4, 4, 1), np.uint8))
    small, large = b"(1, 4, 4, 1), }" + b" " * 10, b"(1, 99999, 99999, 1), }" + b" " * 2
    path.write_bytes(path.read_bytes().replace(small, large))
    with pytest.raises(DataError, match="million pixels"):
        decode.frames(path)


def test_text_under_the_name_of_an_array_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(b"hello")
    with pytest.raises(DataError, match="is not a video"):
        decode.frames(tmp_path / "a.npy")
