"""Materials of a folder of videos and a folder of images, written by the test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.experiment import check_experiment
from bench.materials import Materials, gather
from plugins.discovery import discover
from tests.bench.pictures import moving, texture, write_groups, write_pictures, write_videos

VIDEOS = tuple(f"{name}/{i}" for name in ("benign", "malignant") for i in range(4))
IMAGES = tuple(f"{name}/{i}.png" for name in ("benign", "malignant") for i in range(3))
N_FRAMES = 8


def pixels_of_videos() -> dict[str, np.ndarray]:
    """uint8 (T, H, W) by id, no two alike."""
    return {id: moving(n, N_FRAMES) for n, id in enumerate(VIDEOS)}


def pixels_of_images() -> dict[str, np.ndarray]:
    """uint8 (H, W) by id, none like another or like a video's frame."""
    return {id: texture(100 + n) for n, id in enumerate(IMAGES)}


def write_folders(
    root: Path,
    videos: Mapping[str, np.ndarray],
    images: Mapping[str, np.ndarray],
    groups: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write both, and tell the tables of an experiment on them.

    Args:
        root: gets ``videos`` and ``images``.
        videos: uint8 (T, H, W) by id.
        images: uint8 (H, W) by id.
        groups: patients by id; with them both folders get a groups.csv, in
            which who is not named is a patient of its own.
    """
    write_videos(root / "videos", videos)
    write_pictures(root / "images", images)
    if groups is not None:
        for kind, ids in (("videos", videos), ("images", images)):
            write_groups(root / kind, {id: groups.get(id, f"own {kind} {id}") for id in ids})
    return {
        "name": "folders",
        "videos": {"spec": f"folder:{root / 'videos'}"},
        "images": {"spec": f"folder:{root / 'images'}"},
        "clip": {"frames": 4, "span": 4, "size": 32},
        "generators": ["still"],
        "classifiers": ["c3d"],
        "metrics": ["psnr"],
        "ratios": ["5:5"],
    }


def write_unlike(root: Path, groups: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`write_folders` of records of which no two are alike."""
    return write_folders(root, pixels_of_videos(), pixels_of_images(), groups)


def gathered(tables: Mapping[str, Any], **changed: Any) -> Materials:
    """The materials of an experiment, before anything is decoded."""
    return gather(check_experiment({**tables, **changed}, "the test"), discover())
