"""``bench data audit``: what it prints, its exit codes, and what it does with broken files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.audit.findings import RULES
from tests.bench.conftest import TINY, Command
from tests.bench.data.conftest import write_video
from tests.bench.pictures import (
    moving,
    texture,
    write_frames,
    write_groups,
    write_pictures,
    write_videos,
)


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Six videos of two classes; a/0 and b/1 share a frame."""
    made = {f"{'ab'[i % 2]}/{i}": moving(i, 10) for i in range(6)}
    made["b/1"][4] = made["a/0"][7]
    return write_videos(tmp_path / "videos", made)


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    """Four images; a/0.png is a crop of the first frame of the video b/5."""
    made = {f"{'ab'[i % 2]}/{i}.png": texture(50 + i) for i in range(4)}
    made["a/0.png"] = moving(5, 10)[0, 8:88, 10:120]
    return write_pictures(tmp_path / "stills", made)


def audit(bench: Command, *arguments: object, code: int = 0) -> dict:
    """What ``bench data audit --json`` says."""
    answer = bench("data", "audit", "--json", *arguments)
    assert answer.code == code, answer.err
    return json.loads(answer.out)


def facts(told: dict) -> set[tuple]:
    """Findings without their order, nor that of their records."""
    return {(f["rule"], *sorted(f["records"])) for f in told["findings"]}


def test_videos_and_images_side_by_side(bench: Command, videos: Path, stills: Path) -> None:
    told = audit(bench, f"folder:{videos}", f"folder:{stills}", "--span", 8)
    assert facts(told) == {
        ("equal", "a/0", "b/1"),
        ("contradiction", "a/0", "b/1"),
        ("copy", "a/0.png", "b/5"),
        ("contradiction", "a/0.png", "b/5"),
        ("overlap", "a/0.png", "b/5"),
    }
    held = {one["which"]: one for one in told["summaries"]}
    assert (held["videos"]["n"], held["videos"]["families"]) == (6, 5)
    assert held["videos"]["classes"] == {"a": 3, "b": 3}
    assert held["images"]["widths"] == {"least": 110, "median": 128, "most": 128}
    assert told["rules"].keys() == RULES.keys()
    assert told["correlations"] == {"copy": 0.97, "copy detail": 0.85, "same view": 0.98}
    assert told["broken"] == []


def test_the_order_does_not_matter(
    bench: Command, videos: Path, stills: Path, tmp_path: Path
) -> None:
    first = audit(bench, f"folder:{videos}", f"folder:{stills}")
    assert facts(audit(bench, f"folder:{stills}", f"folder:{videos}")) == facts(first)
    moved = tmp_path / "renamed"
    for i, path in enumerate(sorted(videos.glob("*/*"), reverse=True)):
        shutil.copytree(path, moved / path.parent.name / f"{i}-{path.name}")
    answer = audit(bench, f"folder:{stills}", f"folder:{moved}", "--store", tmp_path / "other")
    renamed = {tuple(text.rpartition("-")[2][-3:] for text in one[1:]) for one in facts(answer)}
    assert len(facts(answer)) == len(facts(first))
    assert renamed == {
        tuple(text.rpartition("/")[2][-3:] for text in one[1:]) for one in facts(first)
    }


def test_the_same_as_tables(
    bench: Command, videos: Path, stills: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in (80, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        answer = bench("data", "audit", f"folder:{videos}", f"folder:{stills}", "--span", 8)
        assert answer.code == 0, answer.err
        for part in ("Data sets", "Classes", "Findings", "contradiction", "keeps both on one side"):
            assert part in answer.out
        line = "  a/0 (frame 7) and b/1 (frame 4) show the very same frame, and are a and b\n"
        assert line in answer.out
        assert "note: " not in answer.out
        tables = answer.out.partition("equal · ")[0]
        assert max(map(len, tables.splitlines())) <= width


def test_only_some_findings_are_shown(bench: Command, tmp_path: Path) -> None:
    root = write_pictures(
        tmp_path / "i", {f"{'ab'[i % 2]}/{i}.png": np.full((20, 20), i, np.uint8) for i in range(6)}
    )
    short = bench("data", "audit", f"folder:{root}").out
    assert short.count(": 1 of 1 frames") == 3
    assert "and 3 more (--all shows them)" in short
    whole = bench("data", "audit", f"folder:{root}", "--all").out
    assert whole.count(": 1 of 1 frames") == 6
    assert len(audit(bench, f"folder:{root}")["findings"]) == 6


def test_nothing_is_decoded_twice(
    bench: Command, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bench("data", "audit", f"folder:{videos}")
    monkeypatch.setattr("bench.audit.signatures.sign", None)
    monkeypatch.setattr("bench.audit.compare.find_twins", None)
    again = bench("data", "audit", f"folder:{videos}")
    assert (again.code, again.out) == (first.code, first.out)


def test_broken_files_are_named_and_the_rest_is_audited(
    bench: Command, videos: Path, stills: Path
) -> None:
    whole = write_video(videos / "a" / "cut.mp4", np.repeat(moving(9, 40)[..., None], 3, axis=3))
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (videos / "a" / "empty.mp4").write_bytes(b"")
    (videos / "b" / "folder.mp4").mkdir()
    (videos / "b" / "link.mp4").symlink_to(videos / "nowhere.mp4")
    frame = write_frames(videos / "b" / "frames", moving(30)) / "000003.png"
    frame.write_bytes(frame.read_bytes()[:700])
    image = stills / "b" / "1.png"
    image.write_bytes(image.read_bytes()[:500])
    answer = bench("data", "audit", f"folder:{videos}", f"folder:{stills}", "--json", "--span", 8)
    assert answer.code == 1
    assert answer.err == "fatal: unreadable\n"
    told = json.loads(answer.out)
    assert told["broken"] == ["unreadable"]
    lines = [f["message"] for f in told["findings"] if f["rule"] == "unreadable"]
    for path in (
        whole,
        videos / "a" / "empty.mp4",
        videos / "b" / "folder.mp4",
        videos / "b" / "link.mp4",
        frame,
        image,
    ):
        assert sum(str(path) in line for line in lines) == 1, path
    assert len(lines) == 6
    assert ("equal", "a/0", "b/1") in facts(told)
    assert ("copy", "a/0.png", "b/5") in facts(told)
    assert [one["unreadable"] for one in told["summaries"]] == [5, 1]
    assert [one["n"] for one in told["summaries"]] == [6, 3]
    shown = bench("data", "audit", f"folder:{videos}", f"folder:{stills}")
    assert shown.code == 1
    assert "unreadable (fatal)" in " ".join(shown.out.split())


def test_which_rules_are_fatal(bench: Command, videos: Path) -> None:
    spec = f"folder:{videos}"
    assert bench("data", "audit", spec).code == 0
    answer = bench("data", "audit", spec, "--fatal", "contradiction, same view")
    assert (answer.code, answer.err) == (1, "fatal: contradiction\n")
    assert bench("data", "audit", spec, "--fatal", "unreadable,frozen").code == 0
    (videos / "a" / "empty.mp4").write_bytes(b"")
    assert bench("data", "audit", spec).code == 1
    assert bench("data", "audit", spec, "--fatal", "none").code == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--fatal", "contradicton"), "did you mean 'contradiction'?"),
        (("--span", "0"), "Invalid value for '--span'"),
        (("folder:/nowhere",), "/nowhere: does not exist"),
        (("foldr:/data",), "did you mean 'folder'?"),
        (("--set", "n_image=3"), "did you mean 'n_images'?"),
        (("--splits", "a.csv"), "name one set of videos, not 2"),
    ],
)
def test_a_mistake_is_named(
    bench: Command, videos: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    specs = ("phantom",) if "--set" in arguments else (f"folder:{videos}", f"folder:{videos}")
    answer = bench("data", "audit", *specs, *arguments)
    assert answer.code == 2
    assert complaint in answer.err
    assert "Traceback" not in answer.err


def test_a_split_file_that_leaks(bench: Command, videos: Path, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    sides = {"a/0": "train", "b/1": "test", "a/2": "train", "b/3": "train", "a/4": "test"}
    lines = ["id,side", *(f"{id},{side}" for id, side in sides.items()), "b/5,test"]
    table.write_text("\n".join(lines))
    answer = bench("data", "audit", f"folder:{videos}", "--splits", table)
    assert answer.code == 1
    assert answer.err == "fatal: leak\n"
    assert "a/0 (frame 7) and b/1 (frame 4) show the very same frame" in answer.out
    table.write_text("\n".join(lines).replace("b/1,test", "b/1,train"))
    told = audit(bench, f"folder:{videos}", "--splits", table)
    assert [(one["train"], one["test"]) for one in told["sides"]] == [
        ({"a": 2, "b": 2}, {"a": 1, "b": 1})
    ]
    absent = bench("data", "audit", f"folder:{videos}", "--splits", tmp_path / "none.csv")
    assert absent.code == 1
    assert "there is no such file" in absent.out


def test_an_experiment_draws_its_splits(bench: Command, tmp_path: Path) -> None:
    text = TINY.replace('ratios = ["5:5"]', 'ratios = ["7:3", "5:5"]\nreplicates = [0, 2]')
    (tmp_path / "mine.toml").write_text(text)
    told = audit(bench, tmp_path / "mine.toml")
    assert [one["name"] for one in told["sides"]] == ["7:3 r0", "7:3 r2", "5:5 r0", "5:5 r2"]
    assert all(sum([*one["train"].values(), *one["test"].values()]) == 12 for one in told["sides"])
    assert all(one["leaks"] == [] for one in told["sides"])
    assert [one["which"] for one in told["summaries"]] == ["videos", "images"]
    planned = bench("plan", tmp_path / "mine.toml")
    assert planned.code == 0, planned.err


def test_a_patient_is_known_by_name_across_tables(
    bench: Command, videos: Path, stills: Path
) -> None:
    ids = [path.relative_to(videos).as_posix() for path in videos.glob("*/*")]
    write_groups(videos, {id: f"patient {id}" for id in ids})
    images = [path.relative_to(stills).as_posix() for path in stills.glob("*/*")]
    write_groups(stills, {id: "patient a/2" if id == "b/3.png" else id for id in images})
    told = audit(bench, f"folder:{videos}", f"folder:{stills}")
    (overlap,) = [f for f in told["findings"] if f["rule"] == "overlap"]
    assert set(overlap["records"]) == {"a/2", "b/3.png", "a/0.png", "b/5"}


def test_a_store_that_cannot_be_written(bench: Command, videos: Path, tmp_path: Path) -> None:
    (tmp_path / "full").write_text("")
    answer = bench("data", "audit", f"folder:{videos}", "--store", tmp_path / "full" / "store")
    assert answer.code == 2
    assert "--store" in answer.err
    assert "unreadable" not in answer.out
