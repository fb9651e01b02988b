"""Altered copies among pictures: found, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.data.phantom.dataset import Phantom
from bench.data.readers.busi import Busi
from benchmarks.planted import KINDS, plant
from tests.bench.pictures import texture

RECALL = {"cropped": 0.9, "cropped to another shape": 0.85}
"""Floors; 0.95 for all other kinds."""


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """Simulated images, and textures of several sizes."""
    phantom = Phantom(n_images=16, size=160).images()
    textures = [texture(seed, 120 + 10 * (seed % 5), 200) for seed in range(16)]
    return [*(record.frames()[0, ..., 0] for record in phantom), *textures]


def check(pictures: list[np.ndarray], kind: str, seed: int) -> None:
    (score,) = plant(pictures, {kind: KINDS[kind]}, seed)
    assert score.planted == len(pictures)
    assert score.recall >= RECALL.get(kind, 0.95), score
    assert score.precision >= 0.98, score


@pytest.mark.parametrize("kind", KINDS)
def test_copies_are_found(pictures: list[np.ndarray], kind: str) -> None:
    check(pictures, kind, seed=7)


@pytest.mark.parametrize("kind", ["cropped", "mirrored", "crop, brightness, scale, JPEG"])
def test_copies_of_real_images_are_found(sample_data: Path, kind: str) -> None:
    images = Busi(root=str(sample_data / "busi"), normal=True).images()
    check([record.frames()[0, ..., 0] for record in images], kind, seed=8)


def test_other_pictures_are_no_copies() -> None:
    others = {"another": lambda _, random: texture(int(random.integers(1 << 40)))}
    (score,) = plant([texture(seed) for seed in range(40)], others, seed=1)
    assert (score.found, score.pairs, score.precision) == (0, 0, 1.0)
