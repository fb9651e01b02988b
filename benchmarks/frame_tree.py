"""A tree of frames as large as BUSV's, and images as many as BUSI's, to time an audit on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy import ndarray

HEIGHT, WIDTH = 400, 500
N_VIDEOS, N_FRAMES, N_IMAGES = 188, 25_000, 780
_COARSE, _FINE = 24.0, 1.2
_SPEED = 2
_FAST = [cv2.IMWRITE_PNG_COMPRESSION, 1]


def write_videos(root: Path, share: float, seed: int) -> Path:
    """Folders of PNG frames, grey stored as RGB: textures that move slowly, each its own.

    Args:
        root: where ``rawframes`` is made.
        share: of BUSV's videos.
        seed: of the textures.

    Returns:
        The root of the tree, as the reader ``busv`` takes it.
    """
    n_videos = max(round(share * N_VIDEOS), 2)
    total = max(round(share * N_FRAMES), n_videos)
    for video in range(n_videos):
        n = total // n_videos + (video < total % n_videos)
        label = "malignant" if video % 5 < 3 else "benign"
        folder = root / "rawframes" / label / f"{video:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        wide = _texture(HEIGHT, WIDTH + _SPEED * n, (seed, 0, video))
        for t in range(n):
            _write(folder / f"{t:06d}.png", wide[:, _SPEED * t : _SPEED * t + WIDTH])
    return root


def write_images(root: Path, share: float, seed: int) -> Path:
    """One PNG per image in class folders, as the reader ``folder`` takes them."""
    for image in range(max(round(share * N_IMAGES), 2)):
        label = "malignant" if image % 3 == 0 else "benign"
        folder = root / label
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"{image:04d}.png", _texture(HEIGHT, WIDTH, (seed, 1, image)))
    return root


def _texture(height: int, width: int, seed: tuple[int, ...]) -> ndarray:
    """uint8 (height, width): speckle on smooth grey levels."""
    random = np.random.default_rng(seed)
    fine = cv2.GaussianBlur(random.standard_normal((height, width), np.float32), (0, 0), _FINE)
    coarse = random.standard_normal((height // 8 + 1, width // 8 + 1), np.float32)
    coarse = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), _COARSE / 8), (width, height))
    grey = 90 + 45 * coarse / coarse.std() + 18 * fine / fine.std()
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def _write(path: Path, grey: ndarray) -> None:
    rgb = np.repeat(grey[..., None], 3, axis=2)
    if not cv2.imwrite(str(path), rgb, _FAST):
        raise OSError(f"{path}: cannot be written")
