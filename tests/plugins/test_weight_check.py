"""Checking a file reads all of it, each time."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import torch

from plugins.checksum import CHUNK
from plugins.errors import DataError
from plugins.weight_check import check
from plugins.weights import Registry
from tests.plugins.small_weights import described, state


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "net-12345678.pth"
    torch.save(state(), path)
    return path


def flipped(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("place", [100, -1])
def test_one_bit_is_found_wherever_it_is(path: Path, tmp_path: Path, place: int) -> None:
    registry = Registry([described(path)], tmp_path, caches=())
    sound = check(registry, "net-set")
    assert (sound.state, sound.path, sound.advice) == ("ok", path, "")
    assert sound.told_by == str(registry.files[0].checksum)
    flipped(path, place)
    found = check(registry, "net-set")
    assert found.state == "damaged"
    assert f"Delete {path}. Get net-12345678.pth from" in found.advice


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net-12345678.pth"
    torch.save({"a.weight": torch.zeros(4, 3), "large": torch.zeros(3 * CHUNK // 4)}, path)
    told: list[tuple[int, int]] = []
    registry = Registry([described(path)], tmp_path, caches=())
    check(registry, "net-set", lambda done, total: told.append((done, total)))
    size = path.stat().st_size
    assert [done for done, _ in told] == [CHUNK, 2 * CHUNK, 3 * CHUNK, size]
    assert {total for _, total in told} == {size}


def test_without_a_checksum_the_tensors_are_compared(path: Path, tmp_path: Path) -> None:
    plain = described(path, checksum=None)
    found = check(Registry([plain], tmp_path, caches=()), "net-set")
    assert (found.state, found.told_by) == ("ok", "names and shapes of its tensors")
    other = described(path, checksum=None, tensors={"a.weight": (5, 3)})
    found = check(Registry([other], tmp_path, caches=()), "net-set")
    assert found.state == "damaged"
    assert "its 'a.weight' has shape (4, 3), not (5, 3)" in found.advice
    path.write_bytes(path.read_bytes()[:-200])
    assert check(Registry([plain], tmp_path, caches=()), "net-set").state == "damaged"


def test_without_a_checksum_a_bit_within_a_tensor_is_found(path: Path, tmp_path: Path) -> None:
    """torch reads such a file without complaint."""
    content = path.read_bytes()
    flipped(path, content.index(state()["a.weight"].numpy().tobytes()) + 1)
    registry = Registry([described(path, checksum=None)], tmp_path, caches=())
    assert not torch.equal(registry.load("net-set")["a.weight"], state()["a.weight"])
    found = check(registry, "net-set")
    assert found.state == "damaged"
    with zipfile.ZipFile(path) as archive:
        assert f"its part {archive.testzip()} fails its own checksum" in found.advice


def test_what_is_missing_or_cannot_be_read_is_told_apart(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry([described(path)], tmp_path, caches=())

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refused)
        found = check(registry, "net-set")
    assert found.state == "unreadable"
    assert f"{path}: cannot be read (Permission denied)" in found.advice
    path.unlink()
    found = check(registry, "net-set")
    assert (found.state, found.path) == ("missing", None)
    assert found.advice.startswith("Get net-12345678.pth from")
    with pytest.raises(DataError, match="did you mean 'net-set'"):
        check(registry, "net-sat")
