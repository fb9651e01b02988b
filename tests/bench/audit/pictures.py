"""Pictures that look a little like ultrasound, and data sets made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from bench.audit.audit import Audit, Subset, Survey, audit, survey
from bench.audit.findings import Finding
from bench.audit.sides import Sides
from bench.commands.data.audit import subsets_of
from bench.commands.data.progress import progress
from bench.commands.data.sources import Listing, Source
from plugins.dataset import Dataset
from tests.bench.data.conftest import write_image

HEIGHT, WIDTH = 96, 128


def texture(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """uint8 (height, width): speckle on smooth grey levels, another one per seed."""
    random = np.random.default_rng(seed)
    rough, fine = random.standard_normal((2, height, width), np.float32)
    smooth = cv2.GaussianBlur(rough, (0, 0), height / 10)
    speckle = cv2.GaussianBlur(fine, (0, 0), height / 48)
    grey = 100 + 40 * smooth / smooth.std() + 15 * speckle / speckle.std()
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def moving(seed: int, n_frames: int = 6) -> np.ndarray:
    """uint8 (T, H, W): a texture that moves four pixels to the right per frame."""
    wide = texture(seed, HEIGHT, WIDTH + 4 * n_frames)
    return np.stack([wide[:, 4 * t : 4 * t + WIDTH] for t in range(n_frames)])


def write_frames(folder: Path, frames: np.ndarray) -> Path:
    """A folder of PNG frames of uint8 (T, H, W) or (T, H, W, 3)."""
    for t, pixels in enumerate(frames):
        write_image(folder / f"{t:06d}.png", pixels)
    return folder


def write_videos(root: Path, videos: Mapping[str, np.ndarray]) -> Path:
    """Folders of frames by id, class first."""
    for id, frames in videos.items():
        write_frames(root / id, frames)
    return root


def write_pictures(root: Path, pictures: Mapping[str, np.ndarray]) -> Path:
    """Image files by id, class first."""
    for id, pixels in pictures.items():
        write_image(root / id, pixels)
    return root


def write_groups(root: Path, groups: Mapping[str, str]) -> None:
    """``groups.csv`` of a folder data set."""
    lines = ["id,group", *(f"{id},{group}" for id, group in groups.items())]
    (root / "groups.csv").write_text("\n".join(lines), encoding="utf-8")


def subsets(*datasets: Dataset) -> list[Subset]:
    """All that data sets hold, as the command lists it."""
    sources = []
    for dataset in datasets:
        listings = [
            Listing(which, tuple(dataset.videos() if which == "videos" else dataset.images()))
            for which in dataset.holds()
        ]
        sources.append(Source(f"{dataset.name}:{dataset.root}", dataset, tuple(listings)))
    return subsets_of(sources)


def looked(store: Path, *datasets: Dataset) -> Survey:
    """The survey of data sets."""
    return survey(subsets(*datasets), store, progress)


def audited(store: Path, *datasets: Dataset, span: int = 4, sides: Sequence[Sides] = ()) -> Audit:
    """The audit of data sets."""
    return audit(looked(store, *datasets), span, sides)


def broken(found: Audit, rule: str) -> list[Finding]:
    """The findings of one rule."""
    return [finding for finding in found.findings if finding.rule == rule]
