"""Videos and images written by the test that reads them, and records that need no file."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from plugins.dataset import Record

CODECS = {
    ".mp4": ("libx264", "yuv420p"),
    ".avi": ("mjpeg", "yuvj420p"),
    ".mkv": ("ffv1", "gray"),
    ".gif": ("gif", "gray"),
}


def moving_square(frames: int = 12, height: int = 48, width: int = 64) -> np.ndarray:
    """uint8 (T, H, W, 3): a bright square that moves to the right on a grey ramp."""
    video = np.zeros((frames, height, width, 3), np.uint8)
    video += np.linspace(20, 120, width, dtype=np.uint8)[None, None, :, None]
    for t in range(frames):
        video[t, 16:32, 2 * t : 2 * t + 16] = 230
    return video


def write_video(path: Path, pixels: np.ndarray, codec: str = "", pix_fmt: str = "") -> Path:
    """Encode uint8 (T, H, W, 3) in the codec that the suffix stands for."""
    default = CODECS[path.suffix.lower()]
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec or default[0], rate=10)
        stream.height, stream.width = pixels.shape[1:3]
        stream.pix_fmt = pix_fmt or default[1]
        for frame in pixels:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


def write_image(path: Path, pixels: np.ndarray) -> Path:
    """Save uint8 (H, W) or (H, W, 3)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


class ArrayRecord(Record):
    """A record of frames in memory, which counts how often it is decoded."""

    def __init__(self, pixels, id="a", label="x", group="", truth=None):
        self.pixels, self.id, self.label, self.group = pixels, id, label, group or id
        self.truth = truth
        self.decoded = 0

    @property
    def fingerprint(self):
        return hashlib.sha256(self.pixels.tobytes()).hexdigest()

    def frames(self):
        self.decoded += 1
        return self.pixels

    def continuation(self, n_frames, seed, *, blind=False):
        if self.truth is None:
            return super().continuation(n_frames, seed, blind=blind)
        return self.truth[:n_frames]


@pytest.fixture(scope="session")
def tools():
    """The helpers of this file, for tests in other files."""

    class Tools:
        moving_square = staticmethod(moving_square)
        write_video = staticmethod(write_video)
        write_image = staticmethod(write_image)
        ArrayRecord = ArrayRecord

    return Tools


@pytest.fixture
def three_videos(tmp_path: Path) -> Path:
    """A folder data set of three videos of six frames; no two of them are equal."""
    pixels = moving_square(6)
    marked = pixels.copy()
    marked[0, 0, 0] = 255
    for name, video in (("a", pixels), ("b", marked), ("c", marked[::-1])):
        write_video(tmp_path / "data" / "x" / f"{name}.mkv", video)
    return tmp_path / "data"


@pytest.fixture
def locked(monkeypatch):
    """Make folders unreadable, for a superuser too: called with each of them."""
    folders = set()
    iterdir = Path.iterdir

    def refused(path):
        if path in folders:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refused)
    return folders.add


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """Real ultrasound samples, which do not travel with the project."""
    beside = Path(__file__).parents[3].parent / "shared" / "data"
    folder = Path(os.environ.get("BENCH_SAMPLE_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no sample data: neither BENCH_SAMPLE_DATA nor {beside} is there")
    return folder
