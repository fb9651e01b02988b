"""Videos and images that look alike only where a test wants it, written as files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

SIDE = 128


def texture(seed: int, frames: int = 8, side: int = SIDE) -> np.ndarray:
    """uint8 (T, H, W): smoothed noise of its own, which drifts by a pixel per frame."""
    noise = np.random.default_rng(seed).random((side, side + frames)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), side / 32)
    low, high = np.percentile(smooth, (1, 99))
    stretched = np.clip((smooth - low) / (high - low), 0, 1)
    pixels = (stretched * 255).astype(np.uint8)
    return np.stack([pixels[:, t : t + side] for t in range(frames)])


def write_frames(folder: Path, frames: np.ndarray) -> Path:
    """One PNG per frame, uint8 (T, H, W)."""
    folder.mkdir(parents=True, exist_ok=True)
    for t, frame in enumerate(frames):
        write_image(folder / f"{t:06d}.png", frame)
    return folder


def write_image(path: Path, image: np.ndarray) -> Path:
    """One image, uint8 (H, W), in the format that the suffix stands for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)
    return path


def crop(frame: np.ndarray, share: float = 0.8, side: int = 100) -> np.ndarray:
    """The middle of a frame, rescaled: uint8 (side, side)."""
    edge = round(frame.shape[0] * (1 - share) / 2)
    cut = frame[edge : frame.shape[0] - edge, edge : frame.shape[1] - edge]
    return cv2.resize(np.ascontiguousarray(cut), (side, side), interpolation=cv2.INTER_AREA)


def write_groups(root: Path, groups: Mapping[str, str]) -> Path:
    """``groups.csv``: whose patient each id is."""
    path = root / "groups.csv"
    rows = "".join(f"{id},{group}\n" for id, group in groups.items())
    path.write_text("id,group\n" + rows, encoding="utf-8")
    return path
