"""A run draws sheets and figures of what it synthesized."""

from __future__ import annotations

from pathlib import Path

import cv2


def test_the_run_draws_figures(trained: Path) -> None:
    folder = trained / "experiments" / "learns" / "figures"
    shape = {
        path.stem.removesuffix("-5-5-r0"): cv2.imread(str(path)).shape[:2]
        for path in folder.iterdir()
    }
    assert set(shape) == {"test", "still-images", "lddm-images", "oracle-images"}
    # Of each class a test video and what three generators made of it; two images, a video each.
    pitch, title_and_gap = 192 + 6, 54 + 42
    assert shape["test"][0] - shape["lddm-images"][0] == (8 - 4) * pitch - 2 * title_and_gap


def test_the_run_draws_sheets(trained: Path) -> None:
    folder = trained / "experiments" / "learns" / "sheets"
    height = {
        path.stem.removesuffix("-5-5-r0"): cv2.imread(str(path)).shape[0]
        for path in folder.iterdir()
    }
    kinds = {
        f"{name}-{what}" for name in ("still", "lddm", "oracle") for what in ("test", "images")
    }
    assert set(height) == {"all-test", *kinds}
    row = height["lddm-images"] // 4  # two images of each of two classes, one video of each
    assert round(height["lddm-test"] / row) == 8  # each below its real video
    assert round(height["all-test"] / row) == 8  # one of each class: real, still, lddm, oracle
