"""``bench synthesize`` says what is wrong with a request before anything is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.conftest import Command


def test_a_folder_that_cannot_be_written_is_named(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    answer = bench("synthesize", "learns", images, out, "--store", trained)
    assert answer.code == 2
    assert f"{out}: cannot be" in answer.err


def test_an_empty_folder_and_one_among_the_images_are_refused(
    bench: Command, trained: Path, images: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "readme.txt").write_text("no images")
    empty = bench("synthesize", "learns", tmp_path / "empty", tmp_path / "out", "--store", trained)
    assert empty.code == 2
    assert "empty: holds no images; give a folder of images" in empty.err
    among = bench("synthesize", "learns", images, images / "out", "--store", trained)
    assert among.code == 2
    assert "lies among the images" in among.err
    assert not (images / "out").exists()


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
        ({"--frames": "0"}, "0 is not in the range 1<=x<=100000"),
        ({"--form": "gif"}, "'gif' is not one of 'mp4', 'lossless', 'frames', 'cache'"),
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
