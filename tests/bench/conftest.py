"""A small experiment, and the command line in this process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

TINY = """
generators = ["still", "jitter"]
classifiers = ["c3d"]
metrics = ["psnr", "difference-mean", "accuracy", "f1"]
ratios = ["5:5"]

[videos]
spec = "phantom"
parameters = { n_videos = 12, size = 32 }

[images]
spec = "phantom"
parameters = { n_images = 6, size = 32 }

[clip]
frames = 16
span = 16
size = 32

[classifier.c3d.parameters]
width = 2
steps = 3
batch_size = 4
checkpoint_every = 1
"""


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., Answer]


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """An experiment file that runs in seconds."""
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.fixture
def bench(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Call ``bench`` as its user would, with a store in the test's folder."""
    from bench.__main__ import main

    def call(*arguments: object) -> Answer:
        monkeypatch.setenv("BENCH_STORE", str(tmp_path / "store"))
        monkeypatch.setattr(sys, "argv", ["bench", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return Answer(int(stop.value.code or 0), printed.out, printed.err)

    return call
