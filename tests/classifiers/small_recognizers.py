"""Every recognizer, narrow enough to be trained in a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifiers.atmnet import ATMNet
from classifiers.c3d import C3D
from classifiers.mmaction import MMActionClassifier
from classifiers.tdn import TDN
from classifiers.tsm import TSM
from plugins.clips import MemoryClips
from plugins.run import Run

Make = Callable[..., MemoryClips]


SMALL = {"batch_size": 4, "steps": 4, "checkpoint_every": 2}
MAKERS: list[Callable[..., MMActionClassifier]] = [
    lambda **fields: TSM(depth=18, width=8, segments=4, **(SMALL | fields)),
    lambda **fields: C3D(width=2, **(SMALL | fields)),
    lambda **fields: TDN(depth=18, width=8, segments=2, **(SMALL | fields)),
    lambda **fields: ATMNet(size="xT", width=8, segments=4, **(SMALL | fields)),
]
each = pytest.mark.parametrize("make", MAKERS, ids=["tsm", "c3d", "tdn", "atmnet"])


def run_in(folder: Path, **surroundings: Any) -> Run:
    folder.mkdir(parents=True, exist_ok=True)
    return Run(folder, **({"seed": 7, "name": "cell"} | surroundings))
