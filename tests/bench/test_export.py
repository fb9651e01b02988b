"""From ``bench export`` to a row in the tables, as a user with a model of their own walks it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data import Cache, decode
from bench.data.splits import Split
from tests.bench.conftest import Command

SIDE, T = 32, 4
EXPERIMENT = """
generators = ["still", "rolled", "pretrained"]
classifiers = ["c3d"]
metrics = ["psnr", "accuracy"]
ratios = ["5:5", "3:7"]

[videos]
spec = "folder:videos"
[images]
spec = "folder:images"

[clip]
frames = 4
span = 6
size = 32

[synthesis]
per_image = 2

[classifier.c3d.parameters]
width = 2
steps = 1
batch_size = 4

[generator.rolled]
plugin = "precomputed"
parameters = { folder = "made" }

[generator.pretrained]
plugin = "precomputed"
parameters = { folder = "other" }
"""


def noise(seed: int) -> np.ndarray:
    """uint8 (48, 48), like no other seed's."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 12), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((48, 48), Image.Resampling.BICUBIC))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An experiment on folders whose ids hold slashes, blanks, plus signs; videos and images
    share them."""
    for c, name in enumerate(("benign", "malignant +")):
        for i in range(4):
            folder = tmp_path / "videos" / name / f"case {i}"
            folder.mkdir(parents=True)
            for t in range(8):
                frame = np.roll(noise(10 * c + i), t, axis=0)
                Image.fromarray(frame).save(folder / f"{t}.png")
            path = tmp_path / "images" / name / f"case {i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(noise(100 + 10 * c + i)).save(path)
    (tmp_path / "mine.toml").write_text(EXPERIMENT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def model(folder: Path) -> None:
    """What a stranger's script does: it rolls each still, by a step from the seed."""
    for table in folder.glob("*/stills.csv"):
        for row in rows(table):
            image = np.asarray(Image.open(table.parent / row["image"]))
            step = int(row["seed"]) % 5 + 1
            frames = np.stack([np.roll(image, step * t, axis=1) for t in range(T)])[..., None]
            np.save(table.parent / f"{row['video']}.npy", frames)


def fill_in(folder: Path, trained_on: str) -> None:
    path = folder / "manifest.toml"
    text = path.read_text()
    for key in ("model", "source", "license", "other_training_data"):
        text = text.replace(f'{key} = ""', f'{key} = "its {key}"')
    path.write_text(
        re.sub(
            r'trained_on = ""\nstills = "(.*)/stills.csv"',
            rf'trained_on = "{trained_on}"\nstills = "\1/stills.csv"',
            text,
        )
    )


@pytest.fixture
def exported(bench: Command, home: Path) -> Path:
    answer = bench("export", "mine.toml", home / "made")
    assert answer.code == 0, answer.err
    assert "2 split(s)" in answer.out
    return home / "made"


def test_stills_are_those_that_the_harness_continues(exported: Path, home: Path) -> None:
    """The very pixels, also of a still that stands in both splits."""
    arrays = [np.load(p, allow_pickle=False) for p in home.glob("store/cache/*.npy")]
    cached = {frame.tobytes() for frames in arrays for frame in frames}
    for split in ("5-5-r0", "3-7-r0"):
        sides = Split.read(exported / split / "split.json")
        table = rows(exported / split / "stills.csv")
        assert {r["id"] for r in table if r["set"] == "videos"} == set(sides.test)
        assert {r["sample"] for r in table if r["set"] == "images"} == {"0", "1"}
        assert len({r["video"] for r in table}) == len(table)
        assert len({r["seed"] for r in table}) == len(table)
        for row in table:
            image = np.asarray(Image.open(exported / split / row["image"]))
            assert image.shape == (SIDE, SIDE)
            assert image.tobytes() in cached
            assert re.fullmatch(r"images/[0-9]{5}\.png", row["image"])


def test_neither_the_order_nor_the_names_of_stills_tell_the_class(exported: Path) -> None:
    table = rows(exported / "3-7-r0" / "stills.csv")
    firsts = [row for row in table if row["sample"] == "0"]
    assert [row["image"] for row in firsts] == sorted(row["image"] for row in firsts)
    for which in ("images", "videos"):
        own = [row for row in firsts if row["set"] == which]
        assert [int(row["seed"]) for row in own] == sorted(int(row["seed"]) for row in own)
        assert [row["id"] for row in own] != sorted(row["id"] for row in own)


def test_a_split_tells_its_training_videos_and_no_others(exported: Path) -> None:
    clip = json.loads((exported / "clip.json").read_text())
    assert clip["offsets"] == [0, 2, 3, 5]
    for split in ("5-5-r0", "3-7-r0"):
        sides = Split.read(exported / split / "split.json")
        table = rows(exported / split / "training.csv")
        assert [r["id"] for r in table] == sorted(sides.train)
        assert len(list((exported / split / "training").iterdir())) == len(table)
        for row in table:
            frames = decode.frames(exported / split / row["video"])
            assert frames.shape == (8, SIDE, SIDE, 1)
            assert row["class"] == sides.labels[row["id"]]


@pytest.mark.parametrize("form", ["cache", "lossless", "frames"])
def test_every_form_holds_the_cached_pixels(bench: Command, home: Path, form: str) -> None:
    assert bench("export", "mine.toml", "made", "--form", form, "--ratios", "5:5").code == 0
    cache = Cache(home / "store" / "cache")
    cached = {np.load(p, allow_pickle=False).tobytes() for p in cache.folder.glob("*.npy")}
    for row in rows(home / "made" / "5-5-r0" / "training.csv"):
        assert decode.frames(home / "made" / "5-5-r0" / row["video"]).tobytes() in cached


def test_labels_are_told_where_they_are_asked_for(bench: Command, home: Path) -> None:
    bench("export", "mine.toml", "plain")
    assert "class" not in rows(home / "plain" / "5-5-r0" / "stills.csv")[0]
    assert bench("export", "mine.toml", "told", "--labels").code == 0
    assert {r["class"] for r in rows(home / "told" / "5-5-r0" / "stills.csv")} == {
        "benign",
        "malignant +",
    }
    assert "reads_labels = true" in (home / "told" / "manifest.toml").read_text()


def test_a_folder_is_new_and_not_among_the_data(bench: Command, exported: Path) -> None:
    before = sorted(exported.rglob("*"))
    answer = bench("export", "mine.toml", exported)
    assert answer.code == 2
    assert "not empty; choose a new folder" in answer.err
    assert sorted(exported.rglob("*")) == before
    answer = bench("export", "mine.toml", "videos/made")
    assert "lies among the data" in answer.err
    assert not list(exported.parent.glob(".*.tmp"))


def test_a_folder_that_is_taken_is_refused_before_anything_is_decoded(
    bench: Command, home: Path
) -> None:
    answer = bench("export", "mine.toml", "images")
    assert "not empty; choose a new folder" in answer.err
    assert not (home / "store" / "cache").exists()


def test_links_and_the_working_directory(
    bench: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "loop").symlink_to("loop")
    answer = bench("export", "mine.toml", "loop")
    assert answer.code == 2
    assert "loop: cannot be" in answer.err
    (home / "real").mkdir()
    (home / "link").symlink_to("real")
    assert bench("export", "mine.toml", "link", "--ratios", "5:5").code == 0
    assert (home / "real" / "manifest.toml").is_file()
    (home / "here").mkdir()
    monkeypatch.chdir(home / "here")
    answer = bench("export", "../mine.toml", ".")
    assert answer.code == 2
    assert ".: is the working directory; choose a new folder" in answer.err


@pytest.mark.usefixtures("exported")
def test_the_whole_way(bench: Command, home: Path) -> None:
    assert bench("export", "mine.toml", "other").code == 0
    answer = bench("run", "mine.toml")
    assert answer.code == 2
    assert "'model' is empty: fill it in" in answer.err
    assert "'split.5:5 r0.trained_on' is empty" in answer.err
    for folder in ("made", "other"):
        fill_in(
            home / folder, r"\1/training.csv" if folder == "made" else "nothing of this data set"
        )
    answer = bench("run", "mine.toml")
    assert "videos are missing" in answer.err
    model(home / "made")
    model(home / "other")
    answer = bench("run", "mine.toml")
    assert answer.code == 0, answer.out + answer.err
    assert "rolled: made elsewhere by its model (its source; its license)" in answer.out
    assert "pretrained: says that it was trained on nothing of this data set" in answer.out
    quality = json.loads(bench("table", "quality", "mine", "--format", "json").out)
    psnr = {(r["ratio"], r["generator"]): r["psnr"] for r in quality["rows"]}
    # The same videos under two names: nothing but the name differs.
    assert psnr["5:5", "rolled"] == psnr["5:5", "pretrained"] != psnr["5:5", "still"]

    def to_run() -> str:
        return bench("plan", "mine.toml").out.split("cached, ")[-1].split(" to run")[0]

    assert to_run() == "0"
    (home / "made").rename(home / "moved")
    (home / "mine.toml").write_text(EXPERIMENT.replace('"made"', '"moved"'))
    assert to_run() == "0"
    path = sorted((home / "moved" / "5-5-r0" / "videos").iterdir())[0]
    np.save(path, np.load(path) ^ 1)
    assert int(to_run()) > 0
    answer = bench("synthesize", "mine", "images", "out", "--generator", "rolled", "--ratio", "5:5")
    assert "it continues no other images" in answer.err


def test_a_model_that_saw_a_test_video_is_refused(bench: Command, exported: Path) -> None:
    fill_in(exported, r"3-7-r0/training.csv")
    path = exported / "manifest.toml"
    model(exported)
    tested = Split.read(exported / "3-7-r0" / "split.json").test
    path.write_text(path.read_text().replace('"3-7-r0/training.csv"', json.dumps(tested), 1))
    answer = bench("run", "mine.toml", "--generators", "rolled")
    assert answer.code == 2
    assert "generator.rolled: " in answer.err
    assert "leak: its model was trained on" in answer.err
    assert "split '5:5 r0'" in answer.err


def test_check_says_what_it_needs(bench: Command) -> None:
    answer = bench("check", "precomputed")
    assert answer.code == 1
    assert "needs their folder: 'bench export EXPERIMENT FOLDER' writes one" in answer.out
