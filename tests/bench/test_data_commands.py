"""``bench data``: info, fingerprint and preview, on real files that are sound and broken."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.bench.conftest import TINY, Command
from tests.bench.data.conftest import moving_square, write_image, write_video


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Four videos of two classes; two of them of one patient."""
    root = tmp_path / "videos"
    for i, label in enumerate(("benign", "benign", "malignant", "malignant")):
        write_video(root / label / f"{i}.mp4", moving_square(10 + i, 48, 64 + 16 * i))
    lines = ["id,group", "benign/0.mp4,p", "benign/1.mp4,p", "malignant/2.mp4,q"]
    (root / "groups.csv").write_text("\n".join([*lines, "malignant/3.mp4,r\n"]))
    return root


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    """A BUSI of two images of each class, colour and grey."""
    root = tmp_path / "Dataset_BUSI_with_GT"
    for label in ("benign", "malignant", "normal"):
        for i in (1, 2):
            pixels = moving_square(1, 40 + i, 60)[0]
            if label == "malignant":
                pixels[..., 0] = 0
            write_image(root / label / f"{label} ({i}).png", pixels)
    return root


def spoil(root: Path) -> None:
    """Make one video empty, which decoding finds, and add what listing refuses."""
    (root / "benign" / "0.mp4").write_bytes(b"")
    (root / "malignant" / "notes.doc").write_text("x")


def info(bench: Command, *arguments: object) -> list[dict]:
    """What ``bench data info --json`` says."""
    answer = bench("data", "info", "--json", *arguments)
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def test_info_counts_videos(bench: Command, videos: Path) -> None:
    (told,) = info(bench, f"folder:{videos}", "--decode")
    held = told["holds"]["videos"]
    assert list(told["holds"]) == ["videos"]
    assert held["n"] == 4
    assert held["classes"]["benign"] == {"records": 2, "groups": 1}
    assert held["classes"]["malignant"] == {"records": 2, "groups": 2}
    assert (held["groups"], held["shared_groups"]) == (3, 1)
    assert held["frames"] == {"least": 10, "median": 11.5, "most": 13}
    assert held["counted"]
    assert held["widths"] == {"least": 64, "median": 88, "most": 112}
    assert held["sizes"] == 4
    assert told["reader"] == "folder"
    assert "licence" in told["about"][0]


def test_info_shows_the_same_as_a_table(bench: Command, videos: Path, stills: Path) -> None:
    answer = bench("data", "info", f"folder:{videos}", f"busi:{stills}")
    assert answer.code == 0, answer.err
    for part in ("2 in 1 groups", "3, 1 with several", "64 to 112 px, median 88", "4 different"):
        assert part in answer.out
    assert "CC BY 4.0" in answer.out
    assert "note: BUSI" in answer.out


def test_parameters_go_to_their_reader(bench: Command, videos: Path, stills: Path) -> None:
    (alone,) = info(bench, f"busi:{stills}", "--set", "normal=true")
    assert set(alone["holds"]["images"]["classes"]) == {"benign", "malignant", "normal"}
    assert alone["holds"]["images"]["colours"] == {"grey stored as RGB": 4, "colour": 2}
    both = info(bench, f"busi:{stills}", f"folder:{videos}", "--set", "busi.normal=true")
    assert both[0]["parameters"]["normal"] is True
    for setting, complaint in (
        ("normal=true", "--set busi.normal=... or --set folder.normal=..."),
        ("buzi.normal=true", "did you mean 'busi'"),
        ("busi.norml=true", "did you mean 'normal'"),
    ):
        wrong = bench("data", "info", f"busi:{stills}", f"folder:{videos}", "--set", setting)
        assert wrong.code == 2
        assert complaint in wrong.err


def test_an_experiment_means_its_videos_and_images(bench: Command, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(TINY)
    held = [(one["parameters"], one["holds"]) for one in info(bench, tmp_path / "mine.toml")]
    assert [list(holds) for _, holds in held] == [["videos"], ["images"]]
    assert held[0][1]["videos"]["n"] == 12
    assert held[1][1]["images"]["n"] == 6
    assert held[1][1]["images"]["widths"]["most"] == 32


def test_a_reader_goes_before_a_preset_of_its_name(bench: Command) -> None:
    few = ("--set", "n_videos=3", "--set", "n_images=2", "--set", "size=32")
    (reader,) = info(bench, "phantom", *few)
    assert list(reader["holds"]) == ["videos", "images"]
    assert [list(one["holds"]) for one in info(bench, "experiment:phantom", *few)] == [
        ["videos"],
        ["images"],
    ]


def test_a_root_goes_to_readers_without_one(bench: Command, stills: Path) -> None:
    (told,) = info(bench, "busi", "--root", stills)
    assert told["spec"] == f"busi:{stills}"
    unused = bench("data", "info", "phantom", "--root", stills)
    assert unused.code == 2
    assert "no reader waits for a folder" in unused.err


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("phantim", "did you mean 'phantom'?"),
        ("quik", "did you mean 'quick'?"),
        ("nothing:/data", "no dataset 'nothing'"),
        ("busi", "write busi:FOLDER"),
        ("folder:/nowhere/at/all", "/nowhere/at/all: does not exist"),
        ("absent.toml", "no experiment file absent.toml"),
        ("", "no reader, preset or .toml file"),
    ],
)
@pytest.mark.parametrize("command", ["info", "fingerprint"])
def test_a_wrong_spec_is_named(bench: Command, command: str, spec: str, complaint: str) -> None:
    answer = bench("data", command, spec)
    assert answer.code == 2
    assert complaint in answer.err
    assert "Traceback" not in answer.err


def test_info_goes_on_with_what_is_sound(bench: Command, videos: Path) -> None:
    spoil(videos)
    answer = bench("data", "info", f"folder:{videos}", "--json")
    assert answer.code == 1
    (told,) = json.loads(answer.out)
    held = told["holds"]["videos"]
    assert held["n"] == 4
    assert held["widths"]["least"] == 80
    assert any("notes.doc: unknown kind of file" in line for line in told["faults"])
    assert any("0.mp4: is empty" in line for line in told["faults"])
    assert "fault: " in bench("data", "info", f"folder:{videos}").out


def fingerprint(bench: Command, *arguments: object) -> str:
    """What ``bench data fingerprint`` prints."""
    answer = bench("data", "fingerprint", *arguments)
    assert answer.code == 0, answer.err
    return answer.out


def test_a_fingerprint_stays_wherever_the_data_lie(
    bench: Command, videos: Path, tmp_path: Path
) -> None:
    here = fingerprint(bench, f"folder:{videos}")
    assert here.endswith("  folder videos (4 records)\n")
    moved = tmp_path / "else" / "where"
    for path in sorted(videos.rglob("*.*"), reverse=True):
        target = moved / path.relative_to(videos)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    assert fingerprint(bench, f"folder:{moved}") == here
    assert fingerprint(bench, "folder", "--root", moved) == here


@pytest.mark.parametrize("form", ["--records", "--json"])
def test_a_check_names_what_changed(
    bench: Command, videos: Path, tmp_path: Path, form: str
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(fingerprint(bench, f"folder:{videos}", form), encoding="utf-8")
    same = bench("data", "fingerprint", f"folder:{videos}", "--check", kept)
    assert (same.code, same.out) == (0, "unchanged: folder videos\n")
    write_video(videos / "benign" / "1.mp4", moving_square(9))
    (videos / "malignant" / "2.mp4").rename(videos / "malignant" / "two.mp4")
    table = videos / "groups.csv"
    table.write_text(
        table.read_text().replace("/2.mp4", "/two.mp4").replace("3.mp4,r", "3.mp4,another")
    )
    answer = bench("data", "fingerprint", f"folder:{videos}", "--check", kept)
    assert answer.code == 1
    what = {"--records": ["", ""], "--json": [" (content)", " (group 'r' is now 'another')"]}[form]
    assert answer.out.splitlines() == [
        f"folder videos: changed: benign/1.mp4{what[0]}",
        "folder videos: missing: malignant/2.mp4",
        f"folder videos: changed: malignant/3.mp4{what[1]}",
        "folder videos: added: malignant/two.mp4",
    ]


def test_a_set_that_is_no_longer_named_is_missing(
    bench: Command, videos: Path, stills: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(fingerprint(bench, f"folder:{videos}", f"busi:{stills}", "--records"))
    answer = bench("data", "fingerprint", f"folder:{videos}", "--check", kept)
    assert answer.code == 1
    assert answer.out.count("busi images: missing: ") == 4


def test_data_that_cannot_be_read_have_no_fingerprint(
    bench: Command, videos: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(fingerprint(bench, f"folder:{videos}", "--records"))
    spoil(videos)
    answer = bench("data", "fingerprint", f"folder:{videos}")
    assert answer.code == 1
    assert answer.out == "incomplete  folder videos (3 records)\n"
    assert "fault: " in answer.err
    assert "notes.doc" in answer.err
    assert "0.mp4: is empty" in answer.err
    checked = bench("data", "fingerprint", f"folder:{videos}", "--check", kept)
    assert checked.code == 1
    assert checked.out == "folder videos: missing: benign/0.mp4\n"


def test_a_check_takes_no_other_form(bench: Command, videos: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    answer = bench("data", "fingerprint", f"folder:{videos}", "--check", kept, "--json")
    assert answer.code == 2
    assert "leave out --records and --json" in answer.err
    absent = bench("data", "fingerprint", f"folder:{videos}", "--check", kept)
    assert absent.code == 2
    assert f"{kept}: cannot be read" in absent.err


def test_a_preview_shows_every_class(
    bench: Command, videos: Path, stills: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    specs = (f"folder:{videos}", f"busi:{stills}")
    answer = bench("data", "preview", *specs, "-o", sheet, "--frames", 4, "--size", 48)
    assert answer.code == 0, answer.err
    assert answer.out == f"preview: {sheet}\n"
    with Image.open(sheet) as image:
        assert image.width == 6 * (48 + 4) + 4
    first = sheet.read_bytes()
    bench("data", "preview", *specs, "-o", sheet, "--frames", 4, "--size", 48)
    assert sheet.read_bytes() == first


def test_a_bad_file_is_named_on_the_preview(bench: Command, videos: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    assert bench("data", "preview", f"folder:{videos}", "-o", sheet).code == 0
    with Image.open(sheet) as image:
        sound = np.asarray(image).astype(int)
    spoil(videos)
    answer = bench("data", "preview", f"folder:{videos}", "-o", sheet)
    assert answer.code == 1
    assert "0.mp4: is empty" in answer.err
    assert "notes.doc: unknown kind of file" in answer.err
    with Image.open(sheet) as image:
        told = np.asarray(image).astype(int)
    assert told.shape == sound.shape
    reds = [(pixels[..., 0] - pixels[..., 1] > 60).sum() for pixels in (sound, told)]
    assert reds[0] == 0
    assert reds[1] > 96 * 900


def test_a_preview_that_cannot_be_written(bench: Command, videos: Path, tmp_path: Path) -> None:
    spec = f"folder:{videos}"
    wrong = bench("data", "preview", spec, "-o", tmp_path / "sheet.jpg")
    assert wrong.code == 2
    assert "name it sheet.png" in wrong.err
    (tmp_path / "file").write_text("")
    blocked = bench("data", "preview", spec, "-o", tmp_path / "file" / "sheet.png")
    assert blocked.code == 2
    assert "cannot be written" in blocked.err
