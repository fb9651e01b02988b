"""A folder of precomputed videos, written by the test."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from generators.controls.precomputed import Precomputed
from plugins import ClipFacts, Generator, SplitFacts, Stills

FRAMES, SIZE = 16, 32
SPLIT = "7:3 r0"
MANIFEST = """\
model = "Roll"
source = "https://example.org/roll"
license = "CC0"
other_training_data = "none"
reads_labels = false

[clip]
frames = {frames}
size = {size}
channels = 1
offsets = [{offsets}]

[split."7:3 r0"]
trained_on = ["v 1", "v+2"]
stills = "stills.csv"
"""


def bound(folder: Path, split: str = SPLIT) -> Generator:
    """Bound to a split whose sides are the same whatever its name."""
    clip = ClipFacts(FRAMES, SIZE, 1, tuple(range(FRAMES)))
    facts = SplitFacts(split, ("v 1", "v+2", "v/3"), ("t/1", "t 2"), clip)
    return Precomputed(folder=str(folder)).on_split(facts)


def change(folder: Path, old: str, new: str) -> None:
    """Edit the manifest."""
    path = folder / "manifest.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def write_folder(folder: Path, stills: Stills, frames: int) -> Path:
    """A manifest, a table, and as ``.npy`` each still rolled to the right, a pixel per frame."""
    size = stills.images.shape[-1]
    (folder / "videos").mkdir(parents=True)
    offsets = ", ".join(map(str, range(frames)))
    (folder / "manifest.toml").write_text(
        MANIFEST.format(frames=frames, size=size, offsets=offsets)
    )
    rows = [(*still, f"videos/{i}") for i, still in enumerate(stills.ids) if still]
    write_table(folder / "stills.csv", rows)
    for i, image in enumerate(stills.images):
        np.save(folder / "videos" / f"{i}.npy", rolled((image[0] * 255).round().numpy(), frames))
    return folder


def write_table(path: Path, rows: Sequence[Sequence[object]]) -> None:
    """A table of stills."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("set", "id", "sample", "video"), *rows])


def rolled(image: np.ndarray, frames: int) -> np.ndarray:
    """uint8 (T, H, W, 1) of an image (H, W)."""
    moved = [np.roll(image, t, axis=1) for t in range(frames)]
    return np.stack(moved).astype(np.uint8)[..., None]
