"""What leaks between records is refused or left out, as a user of ``bench`` meets it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tests.bench.conftest import Answer, Command
from tests.bench.pictures import crop, moving, texture, write_frames, write_groups

EXPERIMENT = """
generators = ["still"]
classifiers = ["c3d"]
metrics = [{metrics}]
protocols = ["synthetic"]
ratios = ["5:5"]
videos.spec = "folder:{root}/videos"
images.spec = "folder:{root}/images"
clip = {{ frames = 4, span = 4, size = 32 }}
classifier.c3d.parameters = {{ width = 2, steps = 1, batch_size = 4 }}
"""
PER_CLASS, N_FRAMES = 5, 8
VIDEOS = tuple(f"{name}/{i}" for name in ("benign", "malignant") for i in range(PER_CLASS))
TWO = ("benign/1", "malignant/2")
"""The videos that share a frame."""


def write_jpeg(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, 80])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ten videos of ten patients, of which two share a frame's file; and four images."""
    root = tmp_path / "data"
    for n, id in enumerate(VIDEOS):
        write_frames(root / "videos" / id, moving(n, N_FRAMES))
    write_groups(root / "videos", {id: f"patient {n}" for n, id in enumerate(VIDEOS)})
    shared = (root / "videos" / TWO[0] / "000004.png").read_bytes()
    (root / "videos" / TWO[1] / "000006.png").write_bytes(shared)
    for n, name in enumerate(("benign", "malignant")):
        for i in range(2):
            write_jpeg(root / "images" / name / f"{i}.jpg", texture(50 + 2 * n + i))
    return root


@pytest.fixture
def run(bench: Command, tmp_path: Path, root: Path) -> Callable[..., Answer]:
    """``bench run`` on the data; ``metrics`` decide which cells there are."""

    def call(*arguments: object, metrics: str = "psnr") -> Answer:
        text = EXPERIMENT.format(root=root.as_posix(), metrics=f'"{metrics}"')
        (tmp_path / "leaks.toml").write_text(text)
        return bench("run", tmp_path / "leaks.toml", *arguments)

    return call


@pytest.fixture
def plan(tmp_path: Path) -> Callable[[], dict[str, Any]]:
    """The plan of the last run."""
    path = tmp_path / "store/experiments/leaks/plan.json"
    return lambda: json.loads(path.read_text(encoding="utf-8"))


def manifests(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """The splits of the last run by file name."""
    folder = tmp_path / "store/experiments/leaks/splits"
    return {path.name: json.loads(path.read_text()) for path in folder.iterdir()}


def synthesized(tmp_path: Path) -> set[str]:
    """Ids of the images that videos were synthesized from."""
    found = (tmp_path / "store/cells").glob("*/clips.json")
    return {id for path in found for id in json.loads(path.read_text())["ids"] if ".jpg" in id}


def sides(folder: Path, test: set[str], name: str = "split.csv") -> Path:
    rows = "".join(f"{id},{'test' if id in test else 'train'}\n" for id in VIDEOS)
    (folder / name).write_text("id,side\n" + rows)
    return folder / name


def refused(answer: Answer) -> str:
    """The one line that a user's mistake is."""
    assert answer.code == 2, answer.out + answer.err
    assert "Traceback" not in answer.err
    (line,) = answer.err.strip().splitlines()
    return line


def test_videos_that_share_a_file_stay_on_one_side_of_every_split(
    run, plan, root: Path, tmp_path: Path
) -> None:
    files = [root / "videos" / id / f"00000{t}.png" for id, t in zip(TWO, (4, 6), strict=True)]
    assert len({hashlib.md5(f.read_bytes(), usedforsecurity=False).digest() for f in files}) == 1
    answer = run("--seeds", "0-5", "--ratios", "7:3,5:5,3:7")
    assert answer.code == 0, answer.err
    found = manifests(tmp_path)
    assert len(found) == 6 * 3
    for name, made in found.items():
        assert (TWO[0] in made["train"]) == (TWO[1] in made["train"]), name
        assert made["groups"][TWO[0]] == made["groups"][TWO[1]] == "patient 1"
        assert len(set(made["groups"].values())) == len(VIDEOS) - 1
    assert {TWO[0] in made["train"] for made in found.values()} == {True, False}
    notes = plan()["notes"]
    assert "groups joined by nearly equal frames: patient 1 + patient 7" in notes
    assert (
        "videos of different classes show nearly the same frame: benign/1 and malignant/2" in notes
    )


def test_a_split_that_parts_them_is_refused_with_both_names(run, plan, tmp_path: Path) -> None:
    file = sides(tmp_path, {"benign/1", "malignant/0"})
    line = refused(run("--splits", file))
    assert line == (
        f"error: {file}: benign/1 (frame 4) and malignant/2 (frame 6) show the very same frame, "
        "one is in training, one in test; put both on one side"
    )
    assert not list((tmp_path / "store/cells").iterdir())
    ignoring = run("--splits", file, "--set", "duplicates.near=ignore")
    assert "show the very same frame" in refused(ignoring), "equal frames are never ignored"
    assert run("--splits", sides(tmp_path, set(TWO))).code == 0
    assert [(s["ratio"], s["n_test"]) for s in plan()["splits"]] == [
        ("8:2", {"benign": 1, "malignant": 1})
    ]
    assert "splits made elsewhere: split.csv" in plan()["notes"]


def test_a_split_that_parts_a_near_copy_is_refused_unless_that_is_ignored(
    run, plan, root: Path, tmp_path: Path
) -> None:
    copied = np.stack([crop(frame) for frame in moving(VIDEOS.index("benign/0"), N_FRAMES)])
    write_frames(root / "videos" / "malignant/4", copied)
    file = sides(tmp_path, {"benign/0", "malignant/0"})
    line = refused(run("--splits", file))
    assert "benign/0 (frame " in line
    assert "malignant/4 (frame " in line
    assert re.search(r"show the same frame, copied \(correlation (0\.99\d|1\.000)\)", line)
    answer = run("--splits", file, "--set", "duplicates.near=ignore")
    assert answer.code == 0, answer.err
    assert any(
        "1 pairs of records show nearly the same frame and may" in n for n in plan()["notes"]
    )


def test_a_split_that_parts_a_patient_is_refused_with_both_names(
    run, root: Path, tmp_path: Path
) -> None:
    write_groups(root / "videos", {id: f"patient {n % 5}" for n, id in enumerate(VIDEOS)})
    line = refused(run("--splits", sides(tmp_path, {*TWO, "benign/0"})))
    assert "'malignant/0' (train) and 'benign/0' (test) are of one group, 'patient 0'" in line


def test_a_crop_of_a_test_video_is_not_synthesized_from(
    run, plan, root: Path, tmp_path: Path
) -> None:
    frame = moving(VIDEOS.index("benign/0"), N_FRAMES)[0]
    write_jpeg(root / "images/benign/crop.jpg", crop(frame))
    file = sides(tmp_path, {"benign/0", "malignant/0"})
    answer = run("--splits", file, metrics="accuracy")
    assert answer.code == 0, answer.err
    assert [s["n_images"] for s in plan()["splits"]] == [{"benign": 2, "malignant": 2}]
    others = {f"{name}/{i}.jpg" for name in ("benign", "malignant") for i in range(2)}
    assert synthesized(tmp_path) == others
    assert any(note.startswith("1 of 5 images show nearly the same") for note in plan()["notes"])

    file = sides(tmp_path, {"benign/3", "malignant/0"})
    assert run("--splits", file, metrics="accuracy").code == 0
    assert [s["n_images"] for s in plan()["splits"]] == [{"benign": 3, "malignant": 2}]
    assert synthesized(tmp_path) == others | {"benign/crop.jpg"}


def test_copies_of_two_classes_are_left_out_unless_they_are_to_be_kept(
    run, plan, root: Path, tmp_path: Path
) -> None:
    image = cv2.imread(str(root / "images/benign/0.jpg"), cv2.IMREAD_GRAYSCALE)
    write_jpeg(root / "images/malignant/copy.jpg", cv2.resize(image, (120, 90)))
    assert run(metrics="accuracy").code == 0
    assert plan()["images"] == 3
    assert synthesized(tmp_path) == {"benign/1.jpg", "malignant/0.jpg", "malignant/1.jpg"}
    told = "as nearly the same one carries another class: benign/0.jpg, malignant/copy.jpg"
    assert f"2 of 5 images left out of synthesis, {told}" in plan()["notes"]

    kept = run("--set", "duplicates.contradicted=keep", metrics="accuracy")
    assert kept.code == 0, kept.err
    assert plan()["images"] == 5
    assert {"benign/0.jpg", "malignant/copy.jpg"} <= synthesized(tmp_path)
    assert f"2 of 5 images kept all the same, {told}" in plan()["notes"]


def test_where_all_images_are_contradicted_the_user_is_told(run, root: Path) -> None:
    for i in range(2):
        whole = (root / f"images/benign/{i}.jpg").read_bytes()
        (root / f"images/malignant/{i}.jpg").write_bytes(whole)
    line = refused(run())
    assert "all 4 images are left out of synthesis" in line
    assert "duplicates.contradicted = 'keep'" in line


def test_a_table_gives_the_ratio_its_name(bench: Command, run, tmp_path: Path) -> None:
    file = sides(tmp_path, {*TWO, "benign/0"})
    assert run("--splits", file).code == 0
    rows = json.loads(bench("table", "quality", "leaks", "--format", "json").out)["rows"]
    assert [row["ratio"] for row in rows] == ["7:3"]
    assert list(manifests(tmp_path)) == ["7-3-r0.json"]


def test_a_manifest_of_a_run_can_be_given_to_another(run, tmp_path: Path) -> None:
    assert run("--seeds", "3").code == 0
    (made,) = manifests(tmp_path).values()
    kept = tmp_path / "kept.json"
    (tmp_path / "store/experiments/leaks/splits/5-5-r3.json").rename(kept)
    assert run("--splits", kept, "--seeds", "8").code == 0
    assert manifests(tmp_path) == {"5-5-r8.json": made}


def test_every_replicate_has_its_own_file(run, tmp_path: Path) -> None:
    tests = [{*TWO, "benign/0", "malignant/0"}, {"benign/3", "malignant/0", "benign/4", "benign/2"}]
    files = [sides(tmp_path, test, f"{i}.csv") for i, test in enumerate(tests)]
    both = ",".join(map(str, files))
    assert run("--splits", both, "--seeds", "0,1").code == 0
    found = manifests(tmp_path)
    assert set(found) == {"6-4-r0.json", "6-4-r1.json"}
    for i, test in enumerate(tests):
        assert set(found[f"6-4-r{i}.json"]["test"]) == test
    for seeds, n in (("0", 1), ("0-2", 3)):
        line = refused(run("--splits", both, "--seeds", seeds))
        assert f"splits: 2 files of ratio 6:4 for {n} replicates; give one, or one per" in line


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        (b"", "lacks the column id and side"),
        (b"id,side\nbenign/0,trian\n", "line 2: side is 'trian'; write train or test"),
        (b"id,side\nbenign/0,train\n", "does not say where 9 of 10 videos belong"),
        (b"id,side\n\xe9/0,train\n", "cannot be read as CSV in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    run, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "split.csv"
    if content is not None:
        path.write_bytes(content)
    line = refused(run("--splits", path))
    assert str(path) in line
    assert said in line


def test_plan_refuses_what_run_refuses(bench: Command, run, tmp_path: Path) -> None:
    assert run().code == 0
    file = sides(tmp_path, {"benign/1", "malignant/0"})
    line = refused(bench("plan", tmp_path / "leaks.toml", "--splits", file))
    assert "benign/1 (frame 4) and malignant/2 (frame 6) show the very same frame" in line
    answer = bench("plan", tmp_path / "leaks.toml", "--splits", sides(tmp_path, set(TWO)))
    assert answer.code == 0
    assert "splits made elsewhere: split.csv" in answer.out
