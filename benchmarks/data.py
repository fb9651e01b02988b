"""Loading clips: this program's cache against MMAction2's own video pipeline.

    python benchmarks/data.py
    python benchmarks/data.py --folder ROOT --size 112 --repeats 5

Every loader is asked for the same clips of the same files in the same order:
16 frames, every third one, around the middle of the video, resized and cropped
to a square, RGB. Loaders take turns, so that whatever else runs on the machine
hits all alike; one process, one clip at a time, no training. Printed is the
median of the turns in clips per second, and the ratio to the fastest of
MMAction2's. Filling the cache, which happens once per size, is reported apart.
How far the pixels of two loaders differ is printed too: they decode the same
frames and interpolate differently.

Without --folder, videos of the phantom are written as H.264 (`--videos`,
`--frames`); with it, ROOT holds the user's videos, one folder per class.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

# As `bench` does, before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

import plugins.compat  # noqa: F401 - before MMAction2
from bench.data import Cache, ClipSettings, Folder, VideoClips
from bench.data.each import cores
from bench.data.phantom.dataset import Phantom
from bench.data.readers.record import FileRecord
from bench.data.writer import write_video
from plugins.compat import quiet
from plugins.seeds import derive

FRAMES, INTERVAL = 16, 3
DECODERS = {
    "decord": [{"type": "DecordInit"}, {"type": "DecordDecode"}],
    "pyav": [{"type": "PyAVInit"}, {"type": "PyAVDecode"}],
}
VERSIONS = ("usbench", "torch", "numpy", "opencv-python", "av", "decord", "mmaction2", "mmcv-lite")

Load = Callable[[int], np.ndarray]
"""From a video's number to a clip, (C, T, H, W)."""


def write_phantom(root: Path, n_videos: int, n_frames: int) -> None:
    """Simulated videos as H.264, enlarged to 256 pixels."""
    for record in Phantom(n_videos=n_videos, n_frames=n_frames, size=128).videos():
        path = root / record.label / f"{record.id}.mp4"
        write_video(record.frames().transpose(3, 0, 1, 2), path, "mp4", 25)


def ours(records: Sequence[FileRecord], cache: Cache, settings: ClipSettings) -> Load:
    """Clips of the filled cache, float32 in [0, 1]."""
    clips = VideoClips(records, cache, settings)
    return lambda i: clips[i].numpy()


def mmactions(records: Sequence[FileRecord], size: int, decoder: str) -> Load:
    """Clips of MMAction2's pipeline, uint8."""
    with quiet():
        import mmaction.datasets.transforms  # noqa: F401 - fills the registry
        from mmaction.registry import TRANSFORMS
    start, decode = DECODERS[decoder]
    steps: list[dict[str, Any]] = [
        start,
        {
            "type": "SampleFrames",
            "clip_len": FRAMES,
            "frame_interval": INTERVAL,
            "test_mode": True,
        },
        decode,
        {"type": "Resize", "scale": (-1, size)},
        {"type": "CenterCrop", "crop_size": size},
        {"type": "FormatShape", "input_format": "NCTHW"},
    ]
    transforms = [TRANSFORMS.build(dict(step)) for step in steps]

    def load(i: int) -> np.ndarray:
        results: Any = {"filename": str(records[i].path), "start_index": 0, "modality": "RGB"}
        for transform in transforms:
            results = transform(results)
        return results["imgs"][0]

    return load


def clips_per_second(load: Load, order: Sequence[int]) -> float:
    """Of one turn."""
    started = time.perf_counter()
    for i in order:
        load(i)
    return len(order) / (time.perf_counter() - started)


def difference(load: Load, other: Load, n: int) -> float:
    """Mean absolute difference of the loaders' pixels, in grey levels of 255."""
    scaled = [np.rint(load(i) * 255.0) for i in range(n)]
    return float(np.mean([np.abs(a - other(i)).mean() for i, a in enumerate(scaled)]))


def measure(root: Path, cache_folder: Path, size: int, turns: int, repeats: int) -> None:
    """Fill, compare, take turns, and print."""
    records = [r for r in Folder(root=str(root)).videos() if isinstance(r, FileRecord)]
    settings = ClipSettings(
        frames=FRAMES, span=(FRAMES - 1) * INTERVAL + 1, size=size, channels=3, short="loop"
    )
    cache = Cache(cache_folder)
    started = time.perf_counter()
    filled = cache.fill(records, settings)
    seconds = time.perf_counter() - started
    lengths = [cache.length(record, settings) for record in records]
    print(
        f"{len(records)} videos of {min(lengths)} to {max(lengths)} frames; clips of {FRAMES} "
        f"frames, every {INTERVAL}rd, {size} px, RGB"
    )
    print(
        f"first fill: {seconds:.2f} s, {len(records) / seconds:.1f} videos/s, "
        f"{sum(lengths) / seconds:.0f} frames/s, {filled.size / 2**20:.0f} MiB"
    )
    loaders = {"usbench cache": ours(records, cache, settings)}
    loaders |= {f"MMAction2 {name}": mmactions(records, size, name) for name in DECODERS}
    first, *others = loaders
    for name in others:
        apart = difference(loaders[first], loaders[name], len(records))
        print(f"pixels of {first} and {name} differ by {apart:.2f} of 255 on average")
    draws = np.random.default_rng(derive(0, "benchmark")).integers(0, len(records), turns)
    order = [int(i) for i in draws]
    speeds: dict[str, list[float]] = {name: [] for name in loaders}
    for _ in range(repeats):
        for name, load in loaders.items():
            speeds[name].append(clips_per_second(load, order))
    medians = {name: statistics.median(each) for name, each in speeds.items()}
    fastest = max(medians[name] for name in others)
    print(f"\n{len(order)} clips per turn, {repeats} turns each, alternating\n")
    print("| loader | clips/s, median | least to most | against MMAction2's fastest |")
    print("| --- | --- | --- | --- |")
    for name, each in speeds.items():
        spread = f"{min(each):.1f} to {max(each):.1f}"
        print(f"| {name} | {medians[name]:.1f} | {spread} | {medians[name] / fastest:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="your videos, one folder per class")
    parser.add_argument("--size", type=int, default=112, help="pixels of a clip's side")
    parser.add_argument("--videos", type=int, default=24, help="simulated ones")
    parser.add_argument("--frames", type=int, default=64, help="of a simulated video")
    parser.add_argument("--clips", type=int, default=96, help="clips per turn")
    parser.add_argument("--repeats", type=int, default=7, help="turns of each loader")
    given = parser.parse_args()
    logging.disable(logging.WARNING)  # MMEngine's, of its own deprecated names
    told = ", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS)
    print(f"Python {platform.python_version()}, {told}")
    print(f"{cores()} CPU cores, torch with {torch.get_num_threads()} threads")
    with tempfile.TemporaryDirectory() as folder:
        root = given.folder
        if root is None:
            root = Path(folder) / "videos"
            write_phantom(root, given.videos, given.frames)
        measure(root, Path(folder) / "cache", given.size, given.clips, given.repeats)


if __name__ == "__main__":
    main()
