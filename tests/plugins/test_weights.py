"""The registry: a file is copied whole, found, and verified before use."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from plugins.checksum import Checksum, digest_of
from plugins.errors import DataError
from plugins.known_weights import KNOWN
from plugins.weight_places import weights_folder
from plugins.weights import Registry
from tests.plugins.small_weights import described, kept, state

DOCS = Path(__file__).parents[2] / "docs" / "weights.md"


def test_a_file_is_added_under_its_usual_name_and_loaded(
    weight_file: Path, registry: Registry
) -> None:
    assert registry.state("net-set") == "missing"
    added = registry.add(weight_file)
    assert (added.new, added.path) == (True, registry.folder / "net-12345678.pth")
    assert added.path.read_bytes() == weight_file.read_bytes()
    assert registry.state("net-set") == "registered"
    assert registry.find("net-set") == added.path
    for name, tensor in registry.load("net-set").items():
        assert torch.equal(tensor, state()[name])


def test_adding_twice_or_in_place_changes_nothing(weight_file: Path, registry: Registry) -> None:
    first = registry.add(weight_file)
    before = first.path.stat().st_mtime_ns
    assert not registry.add(weight_file).new
    assert not registry.add(first.path).new
    assert first.path.stat().st_mtime_ns == before
    assert kept(registry) == ["net-12345678.pth"]


def test_many_can_add_the_same_file_at_once(weight_file: Path, registry: Registry) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(registry.add, [weight_file] * 8))
    assert kept(registry) == ["net-12345678.pth"]
    registry.load("net-set")


def test_a_damaged_registered_file_is_refused_and_can_be_added_again(
    weight_file: Path, registry: Registry
) -> None:
    target = registry.add(weight_file).path
    sound = target.read_bytes()
    registry.load("net-set")
    target.write_bytes(sound[:-5] + bytes(5))  # of the same size, in a process that has verified it
    os.utime(target, ns=(1, 1))
    with pytest.raises(DataError, match=r"damaged.*found [0-9a-f]{64}.*Delete.*bench weights add"):
        registry.load("net-set")
    assert registry.add(weight_file).new
    assert target.read_bytes() == sound
    registry.load("net-set")


def test_a_missing_file_says_where_to_get_it(registry: Registry) -> None:
    with pytest.raises(
        DataError,
        match=r"'net-set' \(somebody's net\) are not registered. Get net-12345678.pth from "
        r"https://somewhere.example/net-12345678.pth, then run: bench weights add net-12345678.pth",
    ):
        registry.load("net-set")


def test_an_unknown_name_gives_the_nearest(registry: Registry) -> None:
    with pytest.raises(DataError, match="'net-sett' is known; did you mean 'net-set'"):
        registry.find("net-sett")


def test_the_cache_of_torch_hub_is_looked_in(
    weight_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "mine"))
    cached = tmp_path / "hub" / "checkpoints" / "net-12345678.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(weight_file.read_bytes())
    registry = Registry([described(weight_file)])
    assert registry.find("net-set") == cached
    registry.load("net-set")
    registry.add(cached)
    assert registry.find("net-set") == tmp_path / "mine" / "net-12345678.pth"


def test_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("BENCH_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert weights_folder() == tmp_path / "usbench" / "weights"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/she")
    assert weights_folder() == Path("/home/she/.local/share/usbench/weights")
    monkeypatch.setenv("BENCH_WEIGHTS", "~/weights")
    assert weights_folder() == Path("/home/she/weights")
    monkeypatch.setenv("BENCH_WEIGHTS", "~nobody-of-this-name/weights")
    with pytest.raises(DataError, match="BENCH_WEIGHTS"):
        weights_folder()


def test_a_full_disk_leaves_nothing_behind(
    weight_file: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"No space left.*BENCH_WEIGHTS"):
        registry.add(weight_file)
    assert kept(registry) == []


def test_a_folder_that_is_a_file_is_named(weight_file: Path) -> None:
    registry = Registry([described(weight_file)], folder=weight_file, caches=())
    with pytest.raises(DataError, match="cannot be copied to"):
        registry.add(weight_file)


def test_known_files_are_sound_entries_and_documented() -> None:
    text = " ".join(DOCS.read_text().split())
    assert (
        len({file.name for file in KNOWN}) == len({file.filename for file in KNOWN}) == len(KNOWN)
    )
    for file in KNOWN:
        assert file.checksum or file.tensors
        assert not file.checksum or file.checksum.whole
        if "download.pytorch.org" in file.source:
            # torchvision's names end in the first digits of the file's SHA-256.
            assert file.checksum
            assert file.checksum.digest.startswith(file.filename.removesuffix(".pth")[-8:])
        digest = file.checksum.digest if file.checksum else ""
        for told in (file.name, file.filename, file.source, digest):
            assert told in text


def test_bytes_are_given_only_where_the_whole_checksum_fits(
    weight_file: Path, tmp_path: Path
) -> None:
    whole = Registry([described(weight_file)], tmp_path / "weights", caches=())
    whole.add(weight_file)
    assert whole.read("net-set") == weight_file.read_bytes()
    target = whole.folder / "net-12345678.pth"
    known = target.stat()
    content = bytearray(target.read_bytes())
    content[-1] ^= 1
    whole.load("net-set")  # so that the file counts as verified, were it not compared again
    target.write_bytes(content)
    os.utime(target, ns=(known.st_atime_ns, known.st_mtime_ns))
    with pytest.raises(DataError, match=r"damaged.*found [0-9a-f]{64}.*Delete"):
        whole.read("net-set")
    start = Checksum("sha256", digest_of(weight_file, "sha256")[:8])
    for checksum in (None, start):
        partly = Registry(
            [described(weight_file, checksum=checksum)], tmp_path / "weights", caches=()
        )
        with pytest.raises(DataError, match="no whole checksum of it is known: it is not run"):
            partly.read("net-set")
    with pytest.raises(DataError, match="are not registered"):
        Registry([described(weight_file)], tmp_path / "nowhere", caches=()).read("net-set")
