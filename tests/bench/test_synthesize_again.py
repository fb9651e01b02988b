"""``bench synthesize`` into a folder that is there: completed where it is the same request."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.conftest import Command


def files(folder: Path) -> dict[str, bytes]:
    """All files of a folder, hidden ones too."""
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()
    }


@pytest.mark.parametrize("form", ["mp4", "lossless", "frames", "cache"])
def test_what_is_missing_is_made_again_to_the_same_files(
    bench: Command, trained: Path, images: Path, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "out"
    arguments = ("synthesize", "learns", images, out, "--store", trained, "--batch", 3)
    arguments = (*arguments, "--frames", 20, "--form", form)
    assert bench(*arguments).code == 0
    whole = files(out)
    manifest = json.loads((out / "synthesis.json").read_text())
    first, *_, last = (out / video["files"][0] for video in manifest["videos"])
    if form == "frames":
        (first / "000007.png").unlink()
        shutil.rmtree(last)
    else:
        first.unlink()
        last.unlink()
    (first.parent / ".b.1f.tmp").write_bytes(b"half")
    (out / ".synthesis.json.1f.tmp").write_bytes(b"half")
    (out / "figure.png").unlink()
    assert bench(*arguments).code == 0
    assert files(out) == whole


def test_a_killed_call_is_completed_to_the_same_files(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    arguments = ("--store", str(trained), "--per-image", "4", "--batch", "2", "--form", "frames")
    out, whole = tmp_path / "out", tmp_path / "whole"
    command = [sys.executable, "-m", "bench", "synthesize", "learns", str(images)]
    process = subprocess.Popen([*command, str(out), *arguments], stdout=subprocess.DEVNULL)
    while not list(out.glob("frames/*/*/*.png")):
        assert process.poll() is None
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert len(list(out.glob("frames/*/*-?"))) < 16
    for folder in (out, whole):
        answer = bench("synthesize", "learns", images, folder, *arguments)
        assert answer.code == 0, answer.err
    assert files(out) == files(whole)


def test_a_folder_that_holds_something_else_is_refused(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ("synthesize", "learns", images, out, "--generator", "still", "--store", trained)
    assert bench(*arguments).code == 0
    for option, said in (
        (("--seed", 1), "seed: 0 there, 1 asked for; other videos"),
        (("--form", "mp4"), "forms: mp4, lossless there, mp4 asked for"),
        (("--frames", 3), "frames: 16 there, 3 asked for"),
    ):
        other = bench(*arguments, *option)
        assert other.code == 2
        assert "another request" in other.err
        assert said in other.err
    (out / "synthesis.json").write_text("[]")
    assert "synthesis.json is damaged" in bench(*arguments).err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    refused = bench("synthesize", "learns", images, tmp_path / "full", "--store", trained)
    assert refused.code == 2
    assert "is not empty" in refused.err
