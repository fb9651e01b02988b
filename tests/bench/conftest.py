"""A small experiment, and the command line in this process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
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

LEARNS = (
    TINY.replace('["still", "jitter"]', '["still", "lddm", "oracle"]')
    .replace('"accuracy", "f1"', '"accuracy"')
    .replace("[videos]", 'protocols = ["mixed"]\n[videos]')
    + """
[generator.lddm.parameters]
autoencoder_steps = 3
autoencoder_batch = 2
base_channels = 8
correlation = 1
denoiser_steps = 3
denoiser_width = 32
denoiser_depth = 1
denoiser_heads = 2
sampler_steps = 2
"""
)
"""The same with a generator that learns, and the simulator's own."""


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


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds a trained LDDM, to be read only."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "learns.toml").write_text(LEARNS)
    command = [sys.executable, "-m", "bench", "run", "learns.toml", "--store", "store"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "store"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two classes, one of which the experiment does not know; a stem occurs twice."""
    rng = np.random.default_rng(0)
    for name in ("benign/a b.png", "benign/a b.jpg", "benign/ä.png", "other/c.png"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        written, data = cv2.imencode(path.suffix, rng.integers(0, 256, (40, 50), dtype=np.uint8))
        assert written
        path.write_bytes(data.tobytes())
    return tmp_path / "images"


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The tables of an experiment on two folders, in which each record is a group of its own."""
    from tests.bench.two_folders import write_unlike

    return write_unlike(tmp_path_factory.mktemp("unlike"))
