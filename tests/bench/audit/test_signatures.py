"""Signatures are made once, kept, and made again where the file is damaged."""

from __future__ import annotations

import multiprocessing
import threading
from pathlib import Path

import numpy as np
import pytest

from bench.audit.compare import compare
from bench.audit.signatures import Signatures
from bench.data import Folder
from plugins.errors import BenchError, DataError
from tests.bench.data.conftest import ArrayRecord
from tests.bench.pictures import moving, texture, write_videos


def records() -> list[ArrayRecord]:
    """Three videos; the first two share a frame."""
    frames = [moving(seed)[..., None] for seed in range(3)]
    frames[1][2] = frames[0][4]
    return [ArrayRecord(pixels, id=name) for pixels, name in zip(frames, "abc", strict=True)]


def files(folder: Path, suffix: str) -> list[Path]:
    return sorted(folder.glob(f"*{suffix}"))


def test_every_record_is_decoded_once(tmp_path: Path) -> None:
    videos = records()
    first = Signatures(tmp_path).of(videos)
    again = Signatures(tmp_path).of(videos)
    assert [video.decoded for video in videos] == [1, 1, 1]
    for one, other in zip(first, again, strict=True):
        for name in ("small", "large", "digests", "traits"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert (one.letters, one.size) == (other.letters, other.size)
    assert len(files(tmp_path, ".signature")) == 3


@pytest.mark.parametrize("damage", ["empty", "cut", "other"])
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: str) -> None:
    videos = records()
    Signatures(tmp_path).of(videos)
    path = Signatures(tmp_path).path(videos[0])
    whole = path.read_bytes()
    spoilt = {"empty": b"", "cut": whole[: len(whole) // 2], "other": b"something else" * 9}
    path.write_bytes(spoilt[damage])
    Signatures(tmp_path).of(videos)
    assert [video.decoded for video in videos] == [2, 1, 1]
    assert path.read_bytes() == whole


def test_other_pixels_have_another_signature(tmp_path: Path) -> None:
    video = records()[0]
    before = Signatures(tmp_path).path(video)
    video.pixels = video.pixels[::-1]
    assert Signatures(tmp_path).path(video) != before


def test_a_broken_record_costs_itself_alone(tmp_path: Path) -> None:
    videos = records()
    videos[1].pixels = videos[1].pixels[:0]
    found = Signatures(tmp_path).of(videos)
    assert isinstance(found[1], DataError)
    assert str(found[1]) == "b: holds no frames"
    assert len(files(tmp_path, ".signature")) == 2


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_records(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match=r"cannot be kept: .*--store"):
        Signatures(tmp_path / "file").of(records())
    signed = Signatures(tmp_path / "store").of(records())
    with pytest.raises(BenchError, match=r"cannot be kept: .*--store"):
        compare(records(), signed, tmp_path / "file")


def test_what_was_compared_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    videos = records()
    signed = Signatures(tmp_path).of(videos)
    found = compare(videos, signed, tmp_path)
    assert [(one.left, one.right, one.kind) for one in found] == [(0, 1, "equal")]
    (kept,) = files(tmp_path, ".twins.json")
    with monkeypatch.context() as patch:
        patch.setattr("bench.audit.compare.find_twins", None)
        assert compare(videos, signed, tmp_path) == found
    kept.write_text(kept.read_text()[:20])
    assert compare(videos, signed, tmp_path) == found
    assert compare(videos[:1], signed[:1], tmp_path) == []


def test_threads_that_sign_the_same_records(tmp_path: Path) -> None:
    videos = records()
    threads = [
        threading.Thread(target=Signatures(tmp_path).of, args=([*videos, *videos],))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([*tmp_path.iterdir()]) == 3
    assert all(Signatures(tmp_path).find(video) is not None for video in videos)


def sign_and_compare(root: Path, store: Path) -> None:
    """What a process does."""
    videos = Folder(root=str(root)).videos()
    compare(videos, Signatures(store).of(videos), store)


def test_processes_at_once_do_no_harm(tmp_path: Path) -> None:
    root, store = tmp_path / "data", tmp_path / "store"
    write_videos(root, {f"a/{i}": np.stack([texture(i), texture(100)]) for i in range(12)})
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=sign_and_compare, args=(root, store)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    assert (len(files(store, ".signature")), len(files(store, ".twins.json"))) == (12, 1)
    assert not [path for path in store.iterdir() if path.name.startswith(".")]
    videos = Folder(root=str(root)).videos()
    assert len(compare(videos, Signatures(store).of(videos), store)) == 12 * 11 // 2
