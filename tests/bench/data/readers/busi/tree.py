"""A small copy of BUSI, for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.data.readers.busi import Busi
from tests.bench.data.conftest import write_image

GREY = np.full((8, 8), 90, "u1")
"""A normal image, and a mask that has another size than the images of the other classes."""


def build(root: Path) -> Path:
    """Two benign images, of which one has three masks; one malignant; one normal."""
    for name in ("benign/benign (2)", "benign/benign (10)", "malignant/malignant (1)"):
        write_image(root / f"{name}.png", np.full((9, 7, 3), 90, "u1"))
        write_image(root / f"{name}_mask.png", GREY)
    write_image(root / "benign" / "benign (10)_mask_1.png", np.full((9, 7, 4), 255, "u1"))
    write_image(root / "benign" / "benign (10)_mask_2.png", np.full((9, 7, 3), 255, "u1"))
    write_image(root / "normal" / "normal (1).png", GREY)
    (root / "benign" / ".DS_Store").write_text("")
    (root / "README.md").write_text("about the data")
    return root


def busi(root: Path, **parameters: object) -> Busi:
    """The reader of a copy."""
    return Busi(root=str(root), **parameters)
