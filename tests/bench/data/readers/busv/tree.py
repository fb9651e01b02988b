"""A small copy of BUSV with the errors of the published one, for tests."""

from __future__ import annotations

import json as jsonlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from bench.data.readers.busv import Busv
from plugins.dataset import Record
from tests.bench.data.conftest import write_image

WIDTH, HEIGHT = 64, 48
BOX = [20.0, 10.0, 16.0, 12.0]
"""The box (x, y, width, height) of frame 0; it moves one pixel to the right per frame."""

TWINS = ("benign/x66ef02e7f1b9a0ef", "malignant/x3b88488853e8b7d1")
"""The same video in both classes; the first is dropped."""
PATIENT = (
    "benign/x5a1c46ec6377e946",
    "benign/x63c9ba1377f35bf6",
    "malignant/2390fbea047347b",
    "malignant/7a39ab5d4970bf89",
)
"""Four videos of one patient, all malignant."""
SHARING = ("benign/786ebd9dada09453", "malignant/3f88a121e5e77ebe")
"""Videos that share three frames, byte by byte: 1, 2, 3 of the first are 3, 4, 5 of the other."""
SHORT = "benign/0a1b2c3d4e5f6071"
"""Three frames only."""
PLAIN = ("benign/1f2e3d4c5b6a7988", "malignant/a0b1c2d3e4f50617", "malignant/b7c6d5e4f3a20918")
NEGATIVE = f"{PLAIN[1]}/000001.png"
"""The frame whose box has a negative size."""

LENGTHS = {
    **dict.fromkeys(TWINS, 5),
    **dict.fromkeys(PATIENT, 4),
    **dict.fromkeys(SHARING, 6),
    SHORT: 3,
    **dict.fromkeys(PLAIN, 6),
}
"""Frames of each video, by id."""

NAMES = {
    "published": ("imagenet_vid_train_15frames.json", "imagenet_vid_val.json"),
    "short": ("train.json", "val.json"),
}
CATEGORIES = [{"id": 1, "name": "benign"}, {"id": 2, "name": "malignant"}]


def build(root: Path, json: Literal["published", "short", None] = "published") -> None:
    """Write ``rawframes`` and, where names are given, two annotation files beside it.

    Args:
        root: made where it is missing.
        json: how the annotation files are named.
    """
    for seed, (id, length) in enumerate(LENGTHS.items()):
        for t, pixels in enumerate(_texture(seed, length)):
            write_image(root / "rawframes" / id / f"{t:06d}.png", pixels)
    for t in range(LENGTHS[TWINS[0]]):
        _copy(root, TWINS[1], t, TWINS[0], t)
    for t in range(1, 4):
        _copy(root, SHARING[0], t, SHARING[1], t + 2)
    if json:
        train = [id for i, id in enumerate(LENGTHS) if i % 3]
        for name, ids in zip(
            NAMES[json], (train, [id for id in LENGTHS if id not in train]), strict=True
        ):
            (root / name).write_text(jsonlib.dumps(annotations(ids)), "utf-8")


def annotations(ids: list[str]) -> dict[str, Any]:
    """An annotation file's content: one box per frame, as published."""
    images, boxes = [], []
    for video_id, id in enumerate(ids, 1):
        for t in range(LENGTHS[id]):
            name = f"{id}/{t:06d}.png"
            image_id = len(images) + 1
            images.append(
                {
                    "file_name": name,
                    "height": HEIGHT,
                    "width": WIDTH,
                    "id": image_id,
                    "frame_id": t,
                    "video_id": video_id,
                }
            )
            x, y, width, height = BOX
            bbox = [x + t, y, -width if name == NEGATIVE else width, height]
            category = 1 if id.startswith("benign") else 2
            boxes.append(
                {"id": image_id, "image_id": image_id, "bbox": bbox, "category_id": category}
            )
    videos = [{"id": i, "name": id} for i, id in enumerate(ids, 1)]
    return {
        "images": images,
        "annotations": boxes,
        "categories": CATEGORIES,
        "videos": videos,
    }


def _texture(seed: int, length: int) -> np.ndarray:
    """uint8 (T, H, W): smoothed noise that moves to the right, another one per seed."""
    noise = np.random.default_rng(seed).random((HEIGHT, WIDTH + 2 * length), np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 3)
    smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
    frames = [smooth[:, 2 * t : 2 * t + WIDTH] for t in range(length)]
    return np.rint(np.stack(frames) * 255).astype(np.uint8)


def _copy(root: Path, source: str, t: int, target: str, u: int) -> None:
    frames = root / "rawframes"
    shutil.copyfile(frames / source / f"{t:06d}.png", frames / target / f"{u:06d}.png")


def busv(root: Path, **parameters: object) -> Busv:
    """The reader of a copy."""
    return Busv(root=str(root), **parameters)


def by_id(records: Iterable[Record]) -> dict[str, Record]:
    """Records by id."""
    return {record.id: record for record in records}


def notes(reader: Busv) -> str:
    """All that a reader tells, one note per line."""
    return "\n".join(reader.notes())


def change(
    root: Path,
    change_it: Callable[[dict[str, Any]], object],
    names: Sequence[str] = NAMES["published"],
) -> None:
    """Change the content of annotation files."""
    for name in names:
        content = jsonlib.loads((root / name).read_text("utf-8"))
        change_it(content)
        (root / name).write_text(jsonlib.dumps(content), "utf-8")
