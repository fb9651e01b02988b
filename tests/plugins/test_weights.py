"""The registry: a file is told by its content, copied whole, and verified before use."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from plugins.checksum import Checksum, digest_of
from plugins.errors import DataError
from plugins.known_weights import KNOWN, WeightFile
from plugins.weight_places import weights_folder
from plugins.weights import Registry

DOCS = Path(__file__).parents[2] / "docs" / "weights.md"


def state(seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {"a.weight": torch.randn(4, 3, generator=generator), "a.bias": torch.zeros(4)}


def described(path: Path, **changes: object) -> WeightFile:
    file = WeightFile(
        name="net-set",
        filename="net-12345678.pth",
        about="somebody's net",
        licence="MIT",
        source="https://somewhere.example/net-12345678.pth",
        size=path.stat().st_size,
        checksum=Checksum("sha256", digest_of(path, "sha256")),
        tensors={"a.weight": (4, 3)},
    )
    return replace(file, **changes)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "under another name"
    torch.save(state(), path)
    return path


@pytest.fixture
def registry(path: Path, tmp_path: Path) -> Registry:
    return Registry([described(path)], tmp_path / "weights", caches=[tmp_path / "cache"])


def kept(registry: Registry) -> list[str]:
    return sorted(p.name for p in registry.folder.iterdir()) if registry.folder.exists() else []


def test_a_file_is_added_under_its_usual_name_and_loaded(path: Path, registry: Registry) -> None:
    assert registry.state("net-set") == "missing"
    added = registry.add(path)
    assert (added.new, added.path) == (True, registry.folder / "net-12345678.pth")
    assert added.path.read_bytes() == path.read_bytes()
    assert registry.state("net-set") == "registered"
    assert registry.find("net-set") == added.path
    for name, tensor in registry.load("net-set").items():
        assert torch.equal(tensor, state()[name])


def test_adding_twice_or_in_place_changes_nothing(path: Path, registry: Registry) -> None:
    first = registry.add(path)
    before = first.path.stat().st_mtime_ns
    assert not registry.add(path).new
    assert not registry.add(first.path).new
    assert first.path.stat().st_mtime_ns == before
    assert kept(registry) == ["net-12345678.pth"]


def test_many_can_add_the_same_file_at_once(path: Path, registry: Registry) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(registry.add, [path] * 8))
    assert kept(registry) == ["net-12345678.pth"]
    registry.load("net-set")


def test_a_damaged_registered_file_is_refused_and_can_be_added_again(
    path: Path, registry: Registry
) -> None:
    target = registry.add(path).path
    sound = target.read_bytes()
    registry.load("net-set")
    target.write_bytes(sound[:-5] + bytes(5))  # of the same size, in a process that has verified it
    os.utime(target, ns=(1, 1))
    with pytest.raises(DataError, match=r"damaged.*found [0-9a-f]{64}.*Delete.*bench weights add"):
        registry.load("net-set")
    assert registry.add(path).new
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


def test_another_edition_of_a_known_file_is_told_as_such(
    registry: Registry, tmp_path: Path
) -> None:
    other = tmp_path / "other.pth"
    torch.save(state(seed=1), other)
    with pytest.raises(DataError, match=r"other\.pth: damaged, or another edition of 'net-set'"):
        registry.add(other)
    assert kept(registry) == []


@pytest.mark.parametrize("cut", [1, 100, 400])
def test_a_cut_file_is_refused(path: Path, registry: Registry, tmp_path: Path, cut: int) -> None:
    damaged = tmp_path / "net-12345678.pth"
    damaged.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match=r"damaged, or another edition of 'net-set'.*expected"):
        registry.add(damaged)
    damaged.rename(tmp_path / "x.bin")
    with pytest.raises(DataError, match=r"x\.bin"):
        registry.add(tmp_path / "x.bin")
    assert kept(registry) == []


def test_what_is_no_weight_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    ran = tmp_path / "ran"

    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(ran),)

    cases = {
        "text": b"not weights at all",
        "header": b"\xff\xff\xff\xff\xff\xff\xff\x7f{",  # a safetensors header of 2^63 bytes
        "empty": b"",
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
    torch.save({"a.weight": Hostile()}, tmp_path / "hostile")
    torch.save([torch.zeros(3)], tmp_path / "list")
    torch.save({"a.weight": 3}, tmp_path / "number")
    torch.save({"b": torch.zeros(3)}, tmp_path / "unknown")
    for name in (*cases, "hostile", "list", "number", "unknown", "nowhere", "."):
        with pytest.raises(DataError) as refused:
            registry.add(tmp_path / name)
        assert str(refused.value).startswith(str(tmp_path / name))
    assert not ran.exists()
    with pytest.raises(DataError, match=r"known here\. Known are.*net-12345678\.pth \(somebody"):
        registry.add(tmp_path / "unknown")
    with pytest.raises(DataError, match="there is no such file"):
        registry.add(tmp_path / "nowhere")


@pytest.mark.parametrize("form", ["zip", "legacy", "safetensors"])
def test_a_file_without_a_checksum_is_told_by_its_tensors(form: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    if form == "safetensors":
        save_file(state(), path)
    else:
        torch.save(state(), path, _use_new_zipfile_serialization=form == "zip")
    file = described(path, checksum=None, size=None)
    registry = Registry([file], tmp_path / "weights", caches=())
    registry.add(path)
    assert torch.equal(registry.load("net-set")["a.weight"], state()["a.weight"])
    torch.save({"a.weight": torch.zeros(4, 2)}, registry.folder / file.filename)
    with pytest.raises(DataError, match=r"its 'a\.weight' has shape \(4, 2\), not \(4, 3\)"):
        registry.load("net-set")


def test_the_first_digits_of_a_checksum_do_where_no_more_are_published(
    path: Path, tmp_path: Path
) -> None:
    start = Checksum("sha256", digest_of(path, "sha256")[:8])
    registry = Registry([described(path, checksum=start)], tmp_path / "weights", caches=())
    assert registry.add(path).new
    registry.load("net-set")


def test_the_checksums_are_the_published_ones(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")  # FIPS 180-4's example
    assert digest_of(tmp_path / "a", "sha256").startswith("ba7816bf8f01cfea414140de5dae2223")
    (tmp_path / "b").write_bytes(b"what is up, doc?")  # Pro Git, section 10.2
    assert digest_of(tmp_path / "b", "git-blob") == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"


def test_the_cache_of_torch_hub_is_looked_in(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "mine"))
    cached = tmp_path / "hub" / "checkpoints" / "net-12345678.pth"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(path.read_bytes())
    registry = Registry([described(path)])
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
    path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"No space left.*BENCH_WEIGHTS"):
        registry.add(path)
    assert kept(registry) == []


def test_a_folder_that_is_a_file_is_named(path: Path) -> None:
    registry = Registry([described(path)], folder=path, caches=())
    with pytest.raises(DataError, match="cannot be copied to"):
        registry.add(path)


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


def alike(path: Path, tmp_path: Path) -> Registry:
    """Three known files of the same tensors: one has a checksum."""
    files = (
        described(path, name="summed", filename="summed.pt"),
        described(path, name="first", filename="first.pt", checksum=None, size=None),
        described(path, name="second", filename="second.pt", checksum=None, size=None),
    )
    return Registry(files, tmp_path / "weights", caches=())


def test_files_of_the_same_tensors_are_told_by_name_where_no_checksum_does(
    path: Path, tmp_path: Path
) -> None:
    registry = alike(path, tmp_path)
    assert registry.add(path).file.name == "summed"  # under another name: its checksum tells
    for name in ("first.pt", "second.pt"):
        torch.save(state(seed=2), tmp_path / name)
        assert registry.add(tmp_path / name).file.filename == name
    torch.save(state(seed=2), tmp_path / "nameless")
    with pytest.raises(DataError, match=r"those of summed\.pt or first\.pt or second\.pt.*name"):
        registry.add(tmp_path / "nameless")
    torch.save(state(seed=2), tmp_path / "summed.pt")
    with pytest.raises(DataError, match=r"summed\.pt: damaged, or another edition of 'summed'"):
        registry.add(tmp_path / "summed.pt")


def test_a_checkpoint_holds_its_table_beside_other_things(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pth.tar"
    table = {f"module.{name}": tensor for name, tensor in state().items()}
    torch.save({"epoch": 3, "state_dict": table, "optimizer": {"lr": 0.1}}, path)
    registry = Registry([described(path, checksum=None)], tmp_path / "weights", caches=())
    registry.add(path)
    assert torch.equal(registry.load("net-set")["a.weight"], state()["a.weight"])


def test_bytes_are_given_only_where_the_whole_checksum_fits(path: Path, tmp_path: Path) -> None:
    whole = Registry([described(path)], tmp_path / "weights", caches=())
    whole.add(path)
    assert whole.read("net-set") == path.read_bytes()
    target = whole.folder / "net-12345678.pth"
    known = target.stat()
    content = bytearray(target.read_bytes())
    content[-1] ^= 1
    whole.load("net-set")  # so that the file counts as verified, were it not compared again
    target.write_bytes(content)
    os.utime(target, ns=(known.st_atime_ns, known.st_mtime_ns))
    with pytest.raises(DataError, match=r"damaged.*found [0-9a-f]{64}.*Delete"):
        whole.read("net-set")
    start = Checksum("sha256", digest_of(path, "sha256")[:8])
    for checksum in (None, start):
        partly = Registry([described(path, checksum=checksum)], tmp_path / "weights", caches=())
        with pytest.raises(DataError, match="no whole checksum of it is known: it is not run"):
            partly.read("net-set")
    with pytest.raises(DataError, match="are not registered"):
        Registry([described(path)], tmp_path / "nowhere", caches=()).read("net-set")
