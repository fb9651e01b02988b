"""``bench weights`` as its user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from plugins import known_weights
from plugins.checksum import Checksum, digest_of
from plugins.known_weights import WeightFile
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
        used_for="a figure",
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
    for told in ("net-set", "a figure", "MIT [1]", "missing", str(tmp_path / "weights")):
        assert told in shown
    assert "Get net-12345678.pth from https://somewhere.example/net, then run: " in shown
    bench("weights", "add", small)
    shown = bench("weights", "list").out
    assert "missing" not in shown
    assert f"net-set: {tmp_path / 'weights' / 'net-12345678.pth'}" in shown


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
    assert all(file["licence"] and file["used_for"] and file["source"] for file in files)
