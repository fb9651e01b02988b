"""Which known file a file is: by its checksum, its tensors, its name, or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from plugins.checksum import Checksum, digest_of
from plugins.errors import DataError
from plugins.weights import Registry
from tests.plugins.small_weights import described, kept, state


def test_another_edition_of_a_known_file_is_told_as_such(
    registry: Registry, tmp_path: Path
) -> None:
    other = tmp_path / "other.pth"
    torch.save(state(seed=1), other)
    with pytest.raises(DataError, match=r"other\.pth: damaged, or another edition of 'net-set'"):
        registry.add(other)
    assert kept(registry) == []


@pytest.mark.parametrize("cut", [1, 100, 400])
def test_a_cut_file_is_refused(
    weight_file: Path, registry: Registry, tmp_path: Path, cut: int
) -> None:
    damaged = tmp_path / "net-12345678.pth"
    damaged.write_bytes(weight_file.read_bytes()[:-cut])
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
    weight_file: Path, tmp_path: Path
) -> None:
    start = Checksum("sha256", digest_of(weight_file, "sha256")[:8])
    registry = Registry([described(weight_file, checksum=start)], tmp_path / "weights", caches=())
    assert registry.add(weight_file).new
    registry.load("net-set")


def test_the_checksums_are_the_published_ones(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")  # FIPS 180-4's example
    assert digest_of(tmp_path / "a", "sha256").startswith("ba7816bf8f01cfea414140de5dae2223")
    (tmp_path / "b").write_bytes(b"what is up, doc?")  # Pro Git, section 10.2
    assert digest_of(tmp_path / "b", "git-blob") == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"


def alike(weight_file: Path, tmp_path: Path) -> Registry:
    """Three known files of the same tensors: one has a checksum."""
    files = (
        described(weight_file, name="summed", filename="summed.pt"),
        described(weight_file, name="first", filename="first.pt", checksum=None, size=None),
        described(weight_file, name="second", filename="second.pt", checksum=None, size=None),
    )
    return Registry(files, tmp_path / "weights", caches=())


def test_files_of_the_same_tensors_are_told_by_name_where_no_checksum_does(
    weight_file: Path, tmp_path: Path
) -> None:
    registry = alike(weight_file, tmp_path)
    assert registry.add(weight_file).file.name == "summed"  # under another name: its checksum tells
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
