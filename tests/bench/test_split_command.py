"""``bench data split``: manifests of splits, and their use by an experiment."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bench.data import Split
from tests.bench.conftest import TINY, Command
from tests.bench.pictures import moving, write_groups, write_pictures, write_videos


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Twelve videos of two classes; a/0 and b/1 share a frame, a/2 and a/4 a patient."""
    made = {f"{'ab'[i % 2]}/{i}": moving(i, 10) for i in range(12)}
    made["b/1"][4] = made["a/0"][7]
    root = write_videos(tmp_path / "videos", made)
    write_groups(root, {id: id for id in made} | {"a/2": "p", "a/4": "p"})
    return root


def split(bench: Command, *arguments: object) -> str:
    """What ``bench data split`` prints."""
    answer = bench("data", "split", *arguments)
    assert answer.code == 0, answer.err
    return answer.out


def test_one_manifest_per_ratio_and_seed(bench: Command, videos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    printed = split(
        bench, f"folder:{videos}", "--ratios", "7:3,0.5", "--seeds", "0-2", "--out", out
    )
    names = {f"{ratio}-s{seed}.json" for ratio in ("7-3", "5-5") for seed in (0, 1, 2)}
    assert {path.name for path in out.iterdir()} == names
    assert len(printed.splitlines()) == 6
    assert f"{out / '5-5-s0.json'}: train 6 (a 3, b 3), test 6 (a 3, b 3)" in printed
    for name in names:
        made = Split.read(out / name)
        side = dict.fromkeys(made.train, "train") | dict.fromkeys(made.test, "test")
        assert len(side) == 12
        assert side["a/0"] == side["b/1"]
        assert side["a/2"] == side["a/4"]
        assert made.groups["a/0"] == made.groups["b/1"]
        assert made.seed == int(name[-6])


def test_the_order_of_files_does_not_matter(bench: Command, videos: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    for path in sorted(videos.iterdir(), reverse=True):
        if path.is_dir():
            for one in sorted(path.iterdir(), reverse=True):
                shutil.copytree(one, copied / path.name / one.name)
    rows = (videos / "groups.csv").read_text().splitlines()
    (copied / "groups.csv").write_text("\n".join([rows[0], *reversed(rows[1:])]))
    split(bench, f"folder:{videos}", "--out", tmp_path / "one")
    split(bench, f"folder:{copied}", "--out", tmp_path / "two", "--store", tmp_path / "other")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_images_bind_the_videos_that_they_belong_to(
    bench: Command, videos: Path, tmp_path: Path
) -> None:
    images = write_pictures(
        tmp_path / "images",
        {"a/1.png": moving(6, 10)[0, 8:88, 10:120], "b/2.png": moving(9, 10)[8, 8:88, 10:120]},
    )
    write_groups(images, {"a/1.png": "one of both", "b/2.png": "one of both"})
    split(bench, f"folder:{videos}", f"folder:{images}", "--out", tmp_path / "out")
    for path in (tmp_path / "out").iterdir():
        made = Split.read(path)
        assert made.groups["a/6"] == made.groups["b/9"]
        assert len({"a/6", "b/9"} & set(made.train)) in (0, 2)


def test_an_experiment_runs_on_the_manifest(bench: Command, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TINY)
    split(bench, path, "--ratios", "5:5", "--seeds", "4", "--out", tmp_path / "out")
    made = Split.read(tmp_path / "out" / "5-5-s4.json")
    planned = bench("plan", path, "--splits", tmp_path / "out" / "5-5-s4.json")
    assert planned.code == 0, planned.err
    assert "5-5-s4" in planned.out
    assert len(made.train) + len(made.test) == 12
    audited = bench("data", "audit", path, "--splits", tmp_path / "out" / "5-5-s4.json", "--json")
    told = json.loads(audited.out)["sides"][0]
    assert (audited.code, told["train"]) == (0, made.counts("train"))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--ratios", "7;3"), "7;3"),
        (("--ratios", "1:0"), "1:0"),
        (("--seeds", "one"), "--seeds"),
        (("phantom",), "name one set of videos to split; there are 2"),
    ],
)
def test_a_mistake_is_named(
    bench: Command, videos: Path, tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    answer = bench("data", "split", f"folder:{videos}", *arguments, "--out", tmp_path / "out")
    assert answer.code == 2
    assert complaint in answer.err
    assert not (tmp_path / "out").exists()


def test_no_split_of_files_that_cannot_be_read(
    bench: Command, videos: Path, tmp_path: Path
) -> None:
    frame = videos / "a" / "2" / "000001.png"
    whole = frame.read_bytes()
    frame.write_bytes(whole[:300])
    answer = bench("data", "split", f"folder:{videos}", "--out", tmp_path / "out")
    assert answer.code == 2
    assert "1 files cannot be read" in answer.err
    assert str(frame) in answer.err
    frame.write_bytes(whole)
    (videos / "b" / "empty").mkdir()
    answer = bench("data", "split", f"folder:{videos}", "--out", tmp_path / "out")
    assert answer.code == 2
    assert str(videos / "b" / "empty") in answer.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(bench: Command, videos: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    answer = bench("data", "split", f"folder:{videos}", "--out", tmp_path / "file" / "out")
    assert answer.code == 2
    assert "cannot be written" in answer.err
