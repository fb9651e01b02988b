"""The audit: how many planted copies it finds, how many wrongly, and how long it takes.

    python benchmarks/audit.py
    python benchmarks/audit.py busi:BUSI pocus:POCUS --set busi.normal=true
    python benchmarks/audit.py --speed

Of every picture (images, and first frames of videos) one altered copy of each
kind is planted among all the others, one kind at a time, and the audit looks for
pairs that are alike. Found is a copy that is told to be alike to its source.
Wrong is a pair of a copy and anything but its source; pictures that were alike
before count as one. Without data sets, pictures of the phantom are taken.

--speed writes frames as many as BUSV's (188 folders, 25,000 PNG files, 500 x 400
pixels, grey stored as RGB) and images as many as BUSI's (780), all of them
different textures, and times the audit on them, for the first and for the second
time. It takes 5 GB in --folder; --share 0.1 makes a tenth of it. What is made in
a folder that is named is kept, and used again.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
from frame_tree import write_images, write_videos
from planted import KINDS, Picture, plant

from bench.audit.audit import Subset, survey
from bench.commands.data.sources import open_sources
from bench.data.each import cores, each
from bench.data.readers.busv import Busv
from bench.data.readers.folder import Folder
from plugins.dataset import Record
from plugins.discovery import discover

SEED = 20261
"""Of the alterations in the documented table; it was used for no choice of a threshold."""
PHANTOM = ("phantom", ("n_images=48", "n_videos=24", "size=256", "n_frames=16"))
DONE = "complete"


def pictures(specs: Sequence[str], settings: Sequence[str]) -> list[Picture]:
    """The images and the first frames of the videos, uint8 (H, W), grey."""
    named = [f"folder:{spec}" if Path(spec).is_dir() else spec for spec in specs]
    sources = open_sources(named, settings, None, discover())
    records = [record for one in sources for held in one.listings for record in held.records]
    return [_grey(next(record.stream())) for record in records]


def measure_copies(found: Sequence[Picture], seed: int) -> None:
    """Plant, look, print a table."""
    print(f"{len(found)} pictures, seed {seed}\n")
    print("| copies | planted | found | recall | wrong pairs | precision | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for one in plant(found, KINDS, seed):
        print(
            f"| {one.kind} | {one.planted} | {one.found} | {one.recall:.3f} | {one.wrong} of "
            f"{one.pairs} | {one.precision:.3f} | {one.seconds:.1f} |"
        )


def measure_speed(folder: Path, share: float, seed: int) -> None:
    """Write the tree where it is not there yet, audit it twice, print a table."""
    root = folder / f"tree-{share:g}-{seed}"
    if not (root / DONE).exists():
        write_videos(root / "videos", share, seed)
        write_images(root / "images", share, seed)
        (root / DONE).touch()
    n_files = sum(1 for _ in root.rglob("*.png"))
    print(f"{n_files} PNG files\n")
    print("| seconds | listing | fingerprints | signing | comparing | all |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as store:
        for name in ("first time", "second time"):
            parts = _audited(root, Path(store))
            told = " | ".join(f"{seconds:.1f}" for seconds in (*parts, sum(parts)))
            print(f"| {name} | {told} |", flush=True)


def _audited(root: Path, store: Path) -> list[float]:
    """Seconds that each part took."""
    parts: list[float] = []
    with _timed(parts):
        videos = Busv(root=str(root / "videos"), corrections="none").videos()
        images = Folder(root=str(root / "images")).images()
    with _timed(parts):
        each([*videos, *images], _fingerprint)
    subsets = [Subset("videos", "videos", "videos", tuple(videos))]
    subsets.append(Subset("images", "images", "images", tuple(images)))
    survey(subsets, store, lambda _: _timed(parts))
    return parts


@contextmanager
def _timed(parts: list[float]) -> Iterator[Callable[[int, int], None]]:
    started = time.perf_counter()
    yield lambda *_: None
    parts.append(time.perf_counter() - started)


def _fingerprint(record: Record) -> str:
    return record.fingerprint


def _grey(frame: np.ndarray) -> Picture:
    return frame[..., 0] if frame.shape[2] == 1 else cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("specs", nargs="*", help="data sets, reader:root, or folders of classes")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--speed", action="store_true", help="time it instead")
    parser.add_argument("--folder", type=Path, help="where the tree goes; temporary by default")
    parser.add_argument("--share", type=float, default=1.0, help="of the tree's size")
    given = parser.parse_args()
    told = ", ".join(f"{name} {metadata.version(name)}" for name in ("usbench", "numpy", "pillow"))
    print(f"Python {platform.python_version()}, {told}, OpenCV {cv2.__version__}")
    print(f"{cores()} CPU cores")
    if given.speed:
        with tempfile.TemporaryDirectory() as folder:
            measure_speed(given.folder or Path(folder), given.share, given.seed)
    elif given.specs:
        measure_copies(pictures(given.specs, given.set), given.seed)
    else:
        measure_copies(pictures([PHANTOM[0]], [*PHANTOM[1], *given.set]), given.seed)


if __name__ == "__main__":
    main()
