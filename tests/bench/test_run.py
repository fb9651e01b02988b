"""``bench run`` and its tables, as a user meets them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.planfile import FORMAT
from tests.bench.conftest import TINY, Command


def test_the_whole_matrix_then_all_of_it_from_the_store(bench: Command, tiny: Path) -> None:
    first = bench("run", tiny)
    assert first.code == 0, first.err
    for heading in ("Table 1", "Table 2", "Leaderboard"):
        assert heading in first.out
    assert "PSNR" in first.out
    assert "failed" not in first.out
    again = bench("run", tiny)
    assert again.code == 0
    assert " done" not in again.out
    n = first.out.count(" done  ")
    assert f"{n} cells: {n} cached" in again.out
    assert again.out[again.out.index("Table 1") :] == first.out[first.out.index("Table 1") :]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a finished run, to be read only."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "tiny.toml").write_text(TINY)
    command = [sys.executable, "-m", "bench", "run", "tiny.toml", "--store", "store"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder / "store"


def test_tables_in_every_format_say_the_same(bench: Command, ran: Path) -> None:
    def printed(*arguments: str) -> str:
        return bench("table", *arguments, "--store", ran).out

    rows = json.loads(printed("classification", "tiny", "--format", "json"))["rows"]
    assert [r["protocol"] for r in rows] == ["real", "synthetic", "synthetic", "mixed", "mixed"]
    assert all(0 <= r["accuracy"] <= 1 and r["accuracy:low"] is not None for r in rows)
    table = csv.DictReader(io.StringIO(printed("classification", "tiny", "--format", "csv")))
    for row, other in zip(table, rows, strict=True):
        assert float(row["f1"]) == other["f1"]
    markdown = printed("quality", "tiny", "--format", "markdown")
    assert markdown.count("| 5:5 | ") == 2
    quality = json.loads(printed("quality", "tiny", "--format", "json"))["rows"]
    shown = f"{quality[0]['psnr']:.1f}"
    assert shown in markdown
    assert shown in printed("quality", "tiny")


def test_what_is_printed_is_what_the_predictions_say(bench: Command, ran: Path) -> None:
    """Accuracy and n, counted again from the files of predictions."""
    printed = bench("table", "classification", "tiny", "--format", "json", "--store", ran).out
    rows = json.loads(printed)["rows"]
    accuracies = []
    for path in sorted((ran / "cells").glob("*/predictions.csv")):
        with path.open() as file:
            videos = list(csv.DictReader(file))
        right = [
            max(("benign", "malignant"), key=lambda c: float(v[f"score:{c}"])) == v["label"]
            for v in videos
        ]
        assert all(
            abs(float(v["score:benign"]) + float(v["score:malignant"]) - 1) < 1e-5 for v in videos
        )
        accuracies.append(sum(right) / len(right))
    assert sorted(accuracies) == pytest.approx(sorted(r["accuracy"] for r in rows))
    plan = json.loads((ran / "experiments/tiny/plan.json").read_text())
    n_test = sum(plan["splits"][0]["n_test"].values())
    assert all(row["n_test"].startswith(f"{n_test} (") for row in rows)


def test_split_manifests_can_be_read_back(ran: Path) -> None:
    from bench.data.phantom.dataset import Phantom
    from bench.data.splitfile import read_split
    from bench.data.subject import Subject

    path = ran / "experiments/tiny/splits/5-5-r0.json"
    videos = [Subject.of(record) for record in Phantom(n_videos=12, size=32).videos()]
    split = read_split(path, videos)
    assert len(split.train) + len(split.test) == 12


def test_plan_and_status(bench: Command, tiny: Path) -> None:
    plan = json.loads(bench("plan", tiny, "--json").out)
    assert not any(cell["cached"] for cell in plan["cells"])
    assert "nothing was run" in bench("status", "tiny").err
    bench("run", tiny, "--generators", "still")
    plan = json.loads(bench("plan", tiny, "--json").out)
    cached = [cell for cell in plan["cells"] if cell["cached"]]
    assert 0 < len(cached) < len(plan["cells"])
    assert not any("jitter" in cell["title"] for cell in cached)
    assert f"{len(cached)} cached" in bench("plan", tiny).out
    status = bench("status", "tiny")
    assert status.code == 0
    assert "train" in status.out


def test_narrowing_and_replicates(bench: Command, tiny: Path) -> None:
    answer = bench(
        "run", tiny, "--generators", "still", "--protocols", "real", "--seeds", "0-1", "--ratios",
        "7:3,5:5", "--set", "classifier.c3d.parameters.steps=2",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    rows = json.loads(bench("table", "classification", "tiny", "--format", "json").out)["rows"]
    assert [row["ratio"] for row in rows] == ["7:3", "5:5"]
    assert all(row["accuracy:sd"] is not None for row in rows)
    assert "over 2 replicates" in bench("table", "classification", "tiny").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "clip.sise=3"], "unknown key 'clip.sise'"),
        (["--generators", "stil"], "did you mean 'still'"),
        (["--seeds", "x"], "--seeds x"),
        (["--device", "warp"], "--device warp"),
        (["--device", "cuda:99"], "--device cuda:99"),
        (["--set", "videos.parameters.n_videos=2"], "class"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(
    bench: Command, tiny: Path, arguments: list[str], message: str
) -> None:
    answer = bench("run", tiny, *arguments)
    assert answer.code == 2
    assert message in answer.err
    assert len(answer.err.strip().splitlines()) == 1
    assert "Traceback" not in answer.err


def test_a_preset_that_is_not_there(bench: Command) -> None:
    answer = bench("run", "quik")
    assert answer.code == 2
    assert "did you mean 'quick'" in answer.err
    assert bench("run", "none.toml").code == 2


def test_a_cell_that_fails_blocks_its_dependants_only(bench: Command, tiny: Path) -> None:
    """A training that diverges; everything that does not need it is computed."""
    diverging = ("--set", "classifier.c3d.parameters.lr=1e30", "--generators", "still")
    answer = bench("run", tiny, *diverging)
    assert answer.code == 1
    assert "Table 1" in answer.out
    assert "– (blocked)" in answer.out
    assert "Lower lr (now 1e+30)" in answer.out
    assert "Traceback" not in answer.out + answer.err
    status = bench("status", "tiny")
    assert "Lower lr (now 1e+30)" in status.out
    quality = json.loads(bench("table", "quality", "tiny", "--format", "json").out)["rows"]
    assert all(row["psnr"] is not None for row in quality)
    table = json.loads(bench("table", "classification", "tiny", "--format", "json").out)["rows"]
    assert all(row["accuracy"] is None and row["accuracy:missing"] == "blocked" for row in table)
    again = bench("run", tiny, *diverging)
    assert "failed" in again.out, "a failure must be tried again, not remembered as a result"


def test_damaged_files_are_all_named_before_anything_runs(
    bench: Command, tiny: Path, tmp_path: Path
) -> None:
    import cv2
    import numpy as np

    rng = np.random.default_rng(0)
    for name in ("benign", "malignant"):
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        for i in range(3):
            picture = rng.integers(0, 255, (40, 40), dtype=np.uint8)
            cv2.imwrite(str(folder / f"{i}.png"), picture)
    whole = (tmp_path / "data/benign/0.png").read_bytes()
    (tmp_path / "data/benign/0.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "data/malignant/2.png").write_bytes(b"")
    answer = bench("run", tiny, "--set", f"images={{spec = 'folder:{tmp_path / 'data'}'}}")
    assert answer.code == 2
    lines = answer.err.strip().splitlines()
    assert len(lines) == 3
    assert "benign/0.png" in lines[1]
    assert "malignant/2.png" in lines[2]
    assert not list((tmp_path / "store/cells").iterdir())


def test_a_plan_of_another_version_or_damaged_is_named(bench: Command, tiny: Path) -> None:
    bench("run", tiny, "--generators", "still", "--protocols", "real")
    store = tiny.parent / "store"
    plan = store / "experiments/tiny/plan.json"
    plan.write_text(json.dumps(json.loads(plan.read_text()) | {"format": FORMAT - 1}))
    answer = bench("leaderboard", "tiny")
    assert answer.code == 2
    assert "another version" in answer.err
    plan.write_text("{")
    assert "run again: bench run tiny" in bench("status", "tiny").err
