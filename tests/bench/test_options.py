"""Options that put other data into an experiment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.conftest import TINY, Command


@pytest.fixture
def open_root(tmp_path: Path) -> Path:
    """An experiment that leaves open where its data are, and the data."""
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    for name in ("benign", "malignant"):
        for i in range(4):
            folder = tmp_path / "data" / name / str(i)
            folder.mkdir(parents=True)
            for t in range(16):
                cv2.imwrite(f"{folder}/{t}.png", rng.integers(0, 255, (32, 32), dtype=np.uint8))
    text = TINY.replace('"phantom"\nparameters = { n_videos = 12, size = 32 }', '"folder"')
    (tmp_path / "open.toml").write_text(text)
    return tmp_path / "open.toml"


def test_a_root_goes_to_the_readers_that_lack_one(bench: Command, open_root: Path) -> None:
    lacking = bench("plan", open_root)
    assert lacking.code == 2
    assert "write folder:FOLDER, or give --root FOLDER" in lacking.err
    answer = bench("plan", open_root, "--root", open_root.parent / "data")
    assert answer.code == 0, answer.err
    assert "0 cached, " in answer.out


def test_a_root_that_nobody_waits_for_is_refused(bench: Command, tiny: Path) -> None:
    answer = bench("plan", tiny, "--root", "/data")
    assert answer.code == 2
    assert "no reader of this experiment waits for a folder" in answer.err


def test_other_videos_come_without_the_first_ones_parameters(
    bench: Command, tiny: Path, open_root: Path
) -> None:
    answer = bench(
        "run", tiny, "--videos", f"folder:{open_root.parent}/data", "--generators", "still"
    )
    assert answer.code == 0, answer.err
    plan = json.loads(
        (open_root.parent / "store" / "experiments" / "tiny" / "plan.json").read_text()
    )
    assert plan["experiment"]["videos"]["parameters"] == {}
    assert plan["experiment"]["images"]["parameters"] == {"n_images": 6, "size": 32}
    assert any(
        "the videos come from 'folder', the images from 'phantom'" in n for n in plan["notes"]
    )
