"""``bench weights`` as its user calls it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from plugins import known_weights
from plugins.checksum import Checksum, digest_of
from plugins.known_weights import WeightFile
from plugins.weight_places import weights_folder
from tests.bench.conftest import Command


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one file that is known, downloaded but not registered."""
    path = tmp_path / "download.pth"
    torch.save({"a": torch.arange(3.0)}, path)
    file = WeightFile(
        name="net-set",
        filename="net-12345678.pth",
        about="somebody's net",
        licence="MIT [1]",
        source="https://somewhere.example/net",
        size=path.stat().st_size,
        checksum=Checksum("sha256", digest_of(path, "sha256")),
    )
    monkeypatch.setattr(known_weights, "KNOWN", (file,))
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return path


def listed(bench: Command) -> dict[str, object]:
    answer = bench("weights", "list", "--json")
    assert (answer.code, answer.err) == (0, "")
    (only,) = json.loads(answer.out)["files"]
    return dict(only)


def test_add_then_list(bench: Command, small: Path, tmp_path: Path) -> None:
    target = tmp_path / "weights" / "net-12345678.pth"
    before = listed(bench)
    assert (before["state"], before["path"]) == ("missing", None)
    answer = bench("weights", "add", small)
    assert (answer.code, answer.out, answer.err) == (0, f"net-set: registered, {target}\n", "")
    assert "already registered" in bench("weights", "add", small).out
    after = listed(bench)
    assert (after["state"], after["path"]) == ("registered", str(target))
    assert after["licence"] == "MIT [1]"
    assert after["checksum"] == f"SHA-256 {digest_of(small, 'sha256')}"


def test_the_table_says_what_for_and_what_to_do(
    bench: Command, small: Path, tmp_path: Path
) -> None:
    shown = bench("weights", "list").out
    unused = "no plugin that is installed"
    digest = f"SHA-256 {digest_of(small, 'sha256')}"
    folder = str(tmp_path / "weights")
    for told in ("net-set: missing", unused, "somebody's net", "MIT [1]", digest, folder):
        assert told in shown
    assert "Get net-12345678.pth from https://somewhere.example/net, then run: " in shown
    bench("weights", "add", small)
    shown = bench("weights", "list").out
    assert "missing" not in shown
    assert "net-set: registered" in shown
    assert f"path       {tmp_path / 'weights' / 'net-12345678.pth'}" in shown


def test_a_file_of_the_wrong_size_is_not_shown_as_registered(
    bench: Command, small: Path, tmp_path: Path
) -> None:
    bench("weights", "add", small)
    (tmp_path / "weights" / "net-12345678.pth").write_bytes(b"cut")
    assert listed(bench)["state"] == "wrong size"
    assert "damaged. Get net-12345678.pth" in bench("weights", "list").out
    assert bench("weights", "add", small).code == 0
    assert listed(bench)["state"] == "registered"


def test_bad_files_are_named_and_good_ones_registered(
    bench: Command, small: Path, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("not weights")
    answer = bench("weights", "add", tmp_path / "text", small, tmp_path / "nowhere")
    assert answer.code == 2
    assert "net-set: registered" in answer.out
    assert answer.err.startswith(f"error: {tmp_path / 'text'}: no weights can be read")
    assert f"{tmp_path / 'nowhere'}: there is no such file" in answer.err
    assert bench("weights", "add").code == 2


def test_the_known_files_are_listed_with_source_and_licence(bench: Command) -> None:
    files = json.loads(bench("weights", "list", "--json").out)["files"]
    assert {file["name"] for file in files} >= {"alexnet-imagenet", "vgg16-imagenet"}
    assert all(file["licence"] and file["about"] and file["source"] for file in files)
    needed = {file["name"]: file["needed_by"] for file in files}
    assert "lpips:alex" in needed["alexnet-imagenet"]
    assert {"lpips:vgg", "cinn:paper"} <= set(needed["vgg16-imagenet"])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("known", [True, False])
def test_where_tells_both_folders_and_who_named_the_first(
    bench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    if not known:
        monkeypatch.delenv("BENCH_WEIGHTS")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "weights" if known else weights_folder()
    cache = tmp_path / "torch" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    answer = bench("weights", "where")
    by = "set by BENCH_WEIGHTS" if known else "BENCH_WEIGHTS names another"
    assert answer.code == 0
    assert f"folder: {folder}, which is not there ({by})\n" in answer.out
    assert f"cache of torch.hub: {cache} (TORCH_HOME moves it)\n" in answer.out
    assert "net-set: missing\n" in answer.out
    told = json.loads(bench("weights", "where", "--json").out)
    assert told == {
        "folder": {"path": str(folder), "exists": False},
        "set_by": "BENCH_WEIGHTS" if known else None,
        "caches": [{"path": str(cache), "exists": True}],
        "files": {"net-set": None},
    }


def test_where_a_file_is_first_in_the_folder_then_in_the_cache(
    bench: Command, small: Path, tmp_path: Path
) -> None:
    missing = bench("weights", "where", "net-set")
    assert (missing.code, missing.out) == (1, "")
    assert "net-set: missing. Get net-12345678.pth from https://somewhere." in missing.err
    told = bench("weights", "where", "net-set", "--json")
    assert (told.code, json.loads(told.out)["path"]) == (1, None)
    cached = tmp_path / "torch" / "hub" / "checkpoints" / "net-12345678.pth"
    cached.parent.mkdir(parents=True)
    shutil.copy(small, cached)
    assert bench("weights", "where", "net-set").out == f"{cached}\n"
    bench("weights", "add", small)
    target = tmp_path / "weights" / "net-12345678.pth"
    found = bench("weights", "where", "net-set", "--json")
    assert (found.code, json.loads(found.out)["path"]) == (0, str(target))
    wrong = bench("weights", "where", "net-sat")
    assert (wrong.code, wrong.err) == (
        2,
        "error: no weight file 'net-sat' is known; did you mean 'net-set'?\n",
    )


def test_verify_reads_again_and_tells_what_to_do(
    bench: Command, small: Path, tmp_path: Path
) -> None:
    assert bench("weights", "verify").code == 0  # nothing is registered, so nothing is damaged
    named = bench("weights", "verify", "net-set")
    assert (named.code, named.out.split()[0]) == (1, "missing")
    bench("weights", "add", small)
    assert bench("weights", "verify", "net-set", "net-set").out.startswith("ok ")
    target = tmp_path / "weights" / "net-12345678.pth"
    kept, content = target.stat(), bytearray(target.read_bytes())
    content[-1] ^= 1
    target.write_bytes(content)
    os.utime(target, ns=(kept.st_atime_ns, kept.st_mtime_ns))  # nothing but its bytes tells
    damaged = bench("weights", "verify")
    assert (damaged.code, damaged.out.split()[0], damaged.err) == (1, "damaged", "")
    assert f"Delete {target}. Get net-12345678.pth from" in damaged.out
    told = bench("weights", "verify", "--json")
    (only,) = json.loads(told.out)["files"]
    assert (told.code, only["state"], only["path"]) == (1, "damaged", str(target))
    assert bench("weights", "verify", "net-set", "net-sat").code == 2


def test_plugins_tell_which_files_each_set_needs(bench: Command, small: Path) -> None:
    shown = bench("plugins", "fvd").out
    for line in ("fvd: i3d-kinetics-400 (no weight", "fvd:styleganv: i3d-tor", "fvd:self: none"):
        assert f"\n  {line}" in shown
    (psnr,) = json.loads(bench("plugins", "psnr", "--json").out)["plugins"]
    assert (psnr["weights"], psnr["weight_files"]) == ([], [])
    file = replace(known_weights.KNOWN[0], name="i3d-torchscript")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_weights, "KNOWN", (file,))
        bench("weights", "add", small)
        (fvd,) = json.loads(bench("plugins", "fvd", "--json").out)["plugins"]
    states = {need["choice"]: need["files"] for need in fvd["weight_files"]}
    assert states["fvd:styleganv"] == {"i3d-torchscript": "registered"}
    assert fvd["weights"] == ["i3d-kinetics-400"]
