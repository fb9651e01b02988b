"""A file is there whole or not at all."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plugins.files import flush_folder, moved_into_place, replacing


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "made" / "a.json"
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        assert not path.exists()
        # The cache knows what a killed process left behind by this pattern.
        assert len(list(path.parent.glob(".a.json.*.tmp"))) == 1
        file.seek(0)
        file.write(b"all ")
    assert path.read_bytes() == b"all "
    assert names(path.parent) == ["a.json"]


def test_a_failure_leaves_the_file_that_was_there_and_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"before")

    def fail() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["a"]


def test_a_full_disk_is_noticed_before_the_file_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"), replacing(tmp_path / "a") as file:
        file.write(b"all")
    assert names(tmp_path) == []


def test_many_can_write_the_same_file_at_once(tmp_path: Path) -> None:
    texts = [bytes([65 + i]) * 5000 for i in range(16)]

    def write(text: bytes) -> None:
        with replacing(tmp_path / "a") as file:
            file.write(text[:2500])
            file.flush()
            file.write(text[2500:])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, texts))
    assert (tmp_path / "a").read_bytes() in texts
    assert names(tmp_path) == ["a"]


def test_what_another_library_wrote_is_moved_into_place(tmp_path: Path) -> None:
    beside, path = tmp_path / "a.part", tmp_path / "a"
    with moved_into_place(beside, path):
        beside.write_bytes(b"all")
        assert not path.exists()
    assert path.read_bytes() == b"all"
    assert names(tmp_path) == ["a"]


def test_what_another_library_half_wrote_is_removed(tmp_path: Path) -> None:
    beside, path = tmp_path / "a.part", tmp_path / "a"

    def fail() -> None:
        with moved_into_place(beside, path):
            beside.write_bytes(b"half")
            raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        fail()
    assert names(tmp_path) == []


def test_the_folder_is_flushed_after_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[Path, bool]] = []
    path = tmp_path / "a"

    def note(handle: int) -> None:
        flushed.append((Path(f"/proc/self/fd/{handle}").resolve(), path.exists()))

    if not Path("/proc/self/fd").exists():
        pytest.skip("open files cannot be named here")
    monkeypatch.setattr(os, "fsync", note)
    with replacing(path) as file:
        file.write(b"all")
    (beside, before), (folder, after) = flushed
    assert beside.name.startswith(".a.")
    assert (before, folder, after) == (False, tmp_path.resolve(), True)


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EIO])
def test_a_system_that_cannot_flush_folders_is_no_failure_but_a_broken_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    if code == errno.EINVAL:
        flush_folder(tmp_path)
    else:
        with pytest.raises(OSError, match=os.strerror(code)):
            flush_folder(tmp_path)
