"""Pictures a little like ultrasound, alike only where a test wants it, and files of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

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


def crop(frame: np.ndarray, share: float = 0.8) -> np.ndarray:
    """uint8 (75, 100): the middle of a frame of uint8 (H, W), rescaled."""
    top, left = (round(side * (1 - share) / 2) for side in frame.shape)
    cut = frame[top : frame.shape[0] - top, left : frame.shape[1] - left]
    return cv2.resize(np.ascontiguousarray(cut), (100, 75), interpolation=cv2.INTER_AREA)


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
