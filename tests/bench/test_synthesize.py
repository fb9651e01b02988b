"""``bench synthesize`` as a user meets it, with a real generator that learns."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.data import Folder, decode
from bench.data.files import natural
from tests.bench.conftest import TINY, Command

LEARNS = (
    TINY.replace('["still", "jitter"]', '["still", "lddm"]')
    .replace('"accuracy", "f1"', '"accuracy"')
    .replace("[videos]", 'protocols = ["mixed"]\n[videos]')
    + """
[generator.lddm.parameters]
autoencoder_steps = 3
autoencoder_batch = 2
base_channels = 8
correlation = 1
denoiser_steps = 3
denoiser_width = 32
denoiser_depth = 1
denoiser_heads = 2
sampler_steps = 2
"""
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that holds a trained LDDM, to be read only."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "learns.toml").write_text(LEARNS)
    command = [sys.executable, "-m", "bench", "run", "learns.toml", "--store", "store"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "store"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Two classes, one of which the experiment does not know; a stem occurs twice."""
    rng = np.random.default_rng(0)
    for name in ("benign/a b.png", "benign/a b.jpg", "benign/ä.png", "other/c.png"):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        written, data = cv2.imencode(path.suffix, rng.integers(0, 256, (40, 50), dtype=np.uint8))
        assert written
        path.write_bytes(data.tobytes())
    return tmp_path / "images"


def test_images_become_videos_that_are_a_data_set(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    answer = bench("synthesize", "learns", images, out, "--per-image", 2, "--store", trained)
    assert answer.code == 0, answer.err
    assert "8 videos of 4 images" in answer.out
    manifest = json.loads((out / "synthesis.json").read_text())
    assert manifest["generator"] == "lddm"
    assert len(manifest["trained_on"]) == 6
    assert len({v["seed"] for v in manifest["videos"]}) == 8
    for video in manifest["videos"]:
        lossless = decode.frames(out / video["files"][1])
        assert lossless.shape == (16, 32, 32, 1)
        assert len(decode.frames(out / video["files"][0])) == 16
    first, second = (decode.frames(out / v["files"][1]) for v in manifest["videos"][:2])
    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first, second)
    assert (out / "sheet.png").stat().st_size > 0

    read = Folder(root=str(out / "lossless")).videos()
    assert [(r.label, r.group) for r in read] == [
        (v["label"], v["group"])
        for v in sorted(manifest["videos"], key=lambda v: natural(v["files"][1]))
    ]


def test_a_killed_call_is_completed_to_the_same_files(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ("synthesize", "learns", images, out, "--store", trained, "--batch", 3)
    assert bench(*arguments).code == 0
    whole = {p: p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}
    victims = sorted(out.rglob("*.mkv"))[:2]
    for path in victims:
        path.unlink()
    (out / "sheet.png").unlink()
    assert bench(*arguments).code == 0
    assert {p: p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()} == whole

    other = bench(*arguments, "--seed", 1)
    assert other.code == 2
    assert "another request" in other.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    refused = bench("synthesize", "learns", images, tmp_path / "full", "--store", trained)
    assert refused.code == 2
    assert "is not empty" in refused.err


def test_a_video_does_not_depend_on_its_batch_or_company(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    for name, batch in (("one", 1), ("all", 16)):
        to = tmp_path / name
        bench("synthesize", "learns", images, to, "--store", trained, "--batch", batch)
    shutil.rmtree(images / "other")
    bench("synthesize", "learns", images, tmp_path / "fewer", "--store", trained)
    for path in sorted((tmp_path / "fewer" / "lossless" / "benign").iterdir()):
        clip = decode.frames(path).astype(int)
        for name in ("one", "all"):
            other = decode.frames(tmp_path / name / "lossless" / "benign" / path.name)
            assert np.abs(clip - other).max() <= 1


def test_loose_images_are_taken_without_a_class(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    answer = bench(
        *("synthesize", "learns", images / "benign", out, "--store", trained),
        *("--form", "mp4", "--ratio", "0.5"),
    )
    assert answer.code == 0, answer.err
    names = sorted(p.name for p in (out / "mp4" / "unlabelled").iterdir())
    assert names == ["a b.jpg-0.mp4", "a b.png-0.mp4", "ä-0.mp4"]
    assert not (out / "lossless").exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"experiment": "learnt"}, "did you mean 'learns'"),
        ({"--generator": "ldm"}, "did you mean 'lddm'"),
        ({"--ratio": "7:3"}, "'learns' has 5:5"),
        ({"--ratio": "seven"}, "write train to test"),
        ({"--replicate": "4"}, "'learns' has 0"),
        ({"images": "nowhere"}, "does not exist"),
        ({"images": "busi"}, "busi"),
        ({"images": "bussi:x"}, "busi"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(
    bench: Command, trained: Path, images: Path, tmp_path: Path, changed, said
) -> None:
    options = {k: v for k, v in changed.items() if k.startswith("--")}
    answer = bench(
        "synthesize",
        changed.get("experiment", "learns"),
        changed.get("images", images),
        tmp_path / "out",
        "--store",
        trained,
        *(part for pair in options.items() for part in pair),
    )
    assert answer.code == 2
    assert said in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "out").exists()


def test_all_damaged_images_are_named_before_anything_is_made(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    for name in ("x.png", "y.png"):
        whole = (images / "benign" / "ä.png").read_bytes()
        (images / "benign" / name).write_bytes(whole[: len(whole) // 2])
    answer = bench("synthesize", "learns", images, tmp_path / "out", "--store", trained)
    assert answer.code == 2
    assert "x.png" in answer.err
    assert "y.png" in answer.err
    assert not (tmp_path / "out").exists()


def test_a_control_that_learns_nothing_can_be_named(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    answer = bench("synthesize", "learns", images, out, "--generator", "still", "--store", trained)
    assert answer.code == 0, answer.err
    clip = decode.frames(out / "lossless" / "benign" / "ä-0.mkv")
    assert np.array_equal(clip, np.broadcast_to(clip[:1], clip.shape))


def test_the_run_draws_sheets(trained: Path) -> None:
    folder = trained / "experiments" / "learns" / "sheets"
    height = {
        path.stem.removesuffix("-5-5-r0"): cv2.imread(str(path)).shape[0]
        for path in folder.iterdir()
    }
    assert set(height) == {"all-test", "still-test", "still-images", "lddm-test", "lddm-images"}
    row = height["lddm-images"] // 4  # two images of each of two classes, one video of each
    assert round(height["lddm-test"] / row) == 8  # each below its real video
    assert round(height["all-test"] / row) == 6  # one of each class: real, still, lddm
