"""Tables from results written by hand: the arithmetic, the missing, the formats."""

from __future__ import annotations

import csv
import io
import json
import statistics
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.predictions import Predictions
from bench.statistics import mcnemar
from bench.store import Store
from bench.tables import Report, classification_table, leaderboard, quality_table, render
from bench.tables.render import Table
from bench.tables.report import Figure
from bench.tables.summary import entry, record

IDS = [f"v{i}" for i in range(8)]
LABELS = [0, 0, 0, 0, 1, 1, 1, 1]


def put(store: Store, key: str, figures: dict[str, Any], predictions: Predictions | None = None):
    folder = store.begin(key)
    if predictions:
        predictions.write(folder)
    store.finish(key, {"figures": figures, "seconds": 1.0})


def predicted(right: str) -> Predictions:
    """Eight videos, each classified rightly (1) or wrongly (0)."""
    scores = torch.zeros(8, 2)
    for i, (label, hit) in enumerate(zip(LABELS, right, strict=True)):
        scores[i, label if hit == "1" else 1 - label] = 1.0
    return Predictions(IDS, IDS, torch.tensor(LABELS), scores, ("a", "b"))


OUTCOMES = {  # by replicate: real, mixed with still, mixed with good
    0: {"real": "11001100", "still": "11001110", "good": "11111111"},
    1: {"real": "11101100", "still": "11001100", "good": "11101111"},
}

PLAIN = {"explained": "", "weights": [], "seen_by": None}
SYNTHETIC: dict[str, dict[str, int]] = {  # videos trained on, thinned to a class prior
    "real": {}, "still": {"a": 3, "b": 2}, "good": {"a": 3, "b": 3}
}  # fmt: skip


@pytest.fixture
def report(tmp_path: Path) -> Report:
    store = Store(tmp_path)
    points, evaluations, cells = [], {}, []
    for replicate, outcomes in OUTCOMES.items():
        for name, right in outcomes.items():
            key, score = f"e{replicate}{name}", f"s{replicate}{name}"
            put(store, key, {}, predicted(right))
            value = right.count("1") / 8
            put(store, score, {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 8})
            protocol = "real" if name == "real" else "mixed"
            points.append(
                {
                    "table": "classification", "ratio": "5:5", "replicate": replicate,
                    "metric": "accuracy", "classifier": "c", "protocol": protocol,
                    "generator": None if name == "real" else name, "key": score,
                }
            )  # fmt: skip
            evaluations[score] = key
            cells.append({"key": score, "kind": "score", "title": score, "reads": [key]})
            train = f"t{replicate}{name}"
            put(store, train, {"n_real": {"a": 4, "b": 4}, "n_synthetic": SYNTHETIC[name]})
            cells.append({"key": key, "kind": "evaluate", "title": key, "reads": [train]})
            cells.append({"key": train, "kind": "train", "title": train, "reads": []})
        for name, value in (("still", 1.0), ("good", 0.25)):
            key = f"q{replicate}{name}"
            put(store, key, {"value": value + replicate, "low": None, "high": None, "n": 8})
            points.append(
                {
                    "table": "quality", "ratio": "5:5", "replicate": replicate,
                    "metric": "distance", "classifier": None, "protocol": None,
                    "generator": name, "key": key,
                }
            )  # fmt: skip
            cells.append({"key": key, "kind": "score", "title": key, "reads": []})
    facts = {"plugin": "x", "changed": {}, "reads_labels": False, "needs_continuation": False}
    plan = {
        "experiment": {
            "name": "t", "ratios": ["5:5"], "protocols": ["real", "mixed"], "replicates": [0, 1],
            "synthesis": {"per_image": 1, "per_test_video": 1, "prior": "source"},
        },
        "points": points, "evaluations": evaluations, "cells": cells,
        "splits": [
            {
                "ratio": "5:5", "replicate": r,
                "n_train": {"a": 4, "b": 4 + r}, "n_test": {"a": 4, "b": 4},
                "n_images": {"a": 3, "b": 5 - r},
            }
            for r in OUTCOMES
        ],
        "syntheses": [],
        "generators": {
            "still": {**facts, "plugin": "still"},
            "good": {**facts, "reads_labels": True},
        },
        "classifiers": {
            "c": {"plugin": "c3d", "changed": {"steps": 9}, "all": {"budget": "steps", "steps": 9}}
        },
        "metrics": {
            "accuracy": {"title": "Acc", "direction": "higher", "unit": "", **PLAIN},
            "distance": {"title": "Distance", "direction": "lower", "unit": "px", **PLAIN},
        },
        "images": 8, "notes": ["a note"],
    }  # fmt: skip
    return Report(plan, store)


def test_classification_is_mean_and_sd_over_replicates(report: Report) -> None:
    table = classification_table(report)
    by_generator = {record["generator"]: record for record in table.records}
    for name, key in (("real", None), ("still", "still"), ("good", "good")):
        values = [OUTCOMES[r][name].count("1") / 8 for r in OUTCOMES]
        assert by_generator[key]["accuracy"] == pytest.approx(statistics.fmean(values))
        assert by_generator[key]["accuracy:sd"] == pytest.approx(statistics.stdev(values))
    assert table.rows[0][2:] == ["real", "–", "0.562 ± 0.088"]
    assert by_generator[None]["n_train"] == "8–9 (a 4, b 4–5)"
    notes = "\n".join(table.notes)
    for expected in (
        "c: trained for 9 steps (plugin=c3d)",
        "7–8 (a 3, b 4–5) images",
        "of 8 images, those of patients in test videos",
        "2 replicates",
        "a note",
    ):
        assert expected in notes


def test_leaderboard_gains_and_paired_tests(report: Report) -> None:
    table = leaderboard(report)
    good, still = table.records
    assert (good["generator"], good["rank"], still["rank"]) == ("good", 1, 2)
    gains = [
        100 * (OUTCOMES[r]["good"].count("1") - OUTCOMES[r]["real"].count("1")) / 8
        for r in OUTCOMES
    ]
    assert good["gains_over_real"] == pytest.approx(gains)
    for replicate, p in enumerate(good["p_over_real"]):
        sides = [
            {i: c == "1" for i, c in zip(IDS, OUTCOMES[replicate][name], strict=True)}
            for name in ("good", "real")
        ]
        assert p == pytest.approx(mcnemar(*sides))
    assert still["gain_over_still"] is None
    assert good["gain_over_still"] == pytest.approx(100 * (8 - 5 + 7 - 4) / 16)


def test_quality_marks_generators_that_read_labels(report: Report) -> None:
    table = quality_table(report)
    assert [row[:4] for row in table.rows] == [
        ["5:5", "still", "8", "1.500 ± 0.707"],
        ["5:5", "good *", "8", "0.750 ± 0.707"],
    ]
    assert table.columns[3] == "Distance ↓\n[px]"
    assert any("reads the label" in note for note in table.notes)


def test_a_missing_replicate_is_a_dash_with_its_reason(report: Report) -> None:
    cell = report.store.cell("s1good")
    (cell / "result.json").unlink()
    row = classification_table(report).rows[2]
    assert row[-1] == "– (not run)"
    report.store.fail("e1good", {"error": "boom"})
    (report.store.cell("e1good") / "result.json").unlink()
    assert classification_table(report).rows[2][-1] == "– (blocked)"
    assert classification_table(report).records[2]["accuracy"] is None
    still, good = leaderboard(report).records
    assert (still["generator"], still["rank"], still["n_over_real"]) == ("still", 1, 2)
    assert (good["generator"], good["rank"], good["n_over_real"]) == ("good", None, 1)


def test_means_over_different_comparisons_are_not_ranked_together(report: Report) -> None:
    report.store.fail("e1good", {"error": "boom"})
    (report.store.cell("e1good") / "result.json").unlink()
    table = leaderboard(report)
    assert [row[:2] for row in table.rows] == [["1", "still"], ["–", "good *"]]
    good = table.rows[1]
    assert (good[4], good[7]) == ("1 of 2", "1 of 2")
    assert table.records[1]["planned_over_still"] == 2
    notes = "\n".join(table.notes)
    assert "'good' has no rank" in notes
    assert "1 of 2 comparisons (failed 1) with real training are missing" in notes
    assert "of 'good', 1 of 2 comparisons (failed 1) with 'still' are missing" in notes


def test_a_missing_baseline_takes_no_rank_but_the_figures_over_it(report: Report) -> None:
    for replicate in OUTCOMES:
        (report.store.cell(f"e{replicate}still") / "result.json").unlink()
    good, still = leaderboard(report).records
    assert (good["generator"], good["rank"], still["rank"]) == ("good", 1, None)
    assert (good["gain_over_still"], good["n_over_still"]) == (None, 0)
    notes = "\n".join(leaderboard(report).notes)
    assert "of 'good', 2 of 2 comparisons (not run 2) with 'still' are missing" in notes


def test_the_baseline_is_told_by_its_plugin(report: Report) -> None:
    """A choice may be named as it likes: here, 'good' holds still and 'still' does not."""
    facts = report.plan["generators"]
    facts["good"]["plugin"], facts["still"]["plugin"] = "still", "x"
    table = leaderboard(report)
    assert table.columns[5] == "gain over good [pp]"
    by_name = {record["generator"]: record for record in table.records}
    assert by_name["good"]["gain_over_still"] is None
    assert by_name["still"]["gain_over_still"] == pytest.approx(-100 * (8 - 5 + 7 - 4) / 16)
    assert any("'good' is not compared with itself" in note for note in table.notes)


def test_a_dash_has_its_reason(report: Report) -> None:
    assert any("'still' is not compared with itself" in n for n in leaderboard(report).notes)
    report.plan["generators"]["still"]["plugin"] = "x"
    table = leaderboard(report)
    assert all(row[5:] == ["–", "–", "–"] for row in table.rows)
    assert any("no generator of the experiment is 'still'" in n for n in table.notes)
    report.plan["experiment"]["protocols"] = ["mixed"]
    report.plan["points"] = [p for p in report.plan["points"] if p["protocol"] != "real"]
    table = leaderboard(report)
    assert all(row[0] == "–" for row in table.rows)
    assert any("lacks the protocol 'real'" in n for n in table.notes)


def test_patients_and_not_their_videos_are_compared(report: Report) -> None:
    """Eight right videos of one patient are one observation."""
    groups = ["p"] * 8
    for name in ("real", "good"):
        folder = report.store.cell(f"e0{name}")
        found = Predictions.read(folder)
        Predictions(found.ids, groups, found.labels, found.scores, found.classes).write(folder)
        result = json.loads((folder / "result.json").read_text())
        result["files"]["predictions.csv"] = (folder / "predictions.csv").stat().st_size
        (folder / "result.json").write_text(json.dumps(result))
    good = next(r for r in leaderboard(report).records if r["generator"] == "good")
    assert good["p_over_real"][0] == 1.0


@pytest.mark.parametrize("make", [quality_table, classification_table, leaderboard])
def test_every_table_marks_what_reads_more_than_pixels(report: Report, make) -> None:
    report.plan["generators"]["still"]["needs_continuation"] = True
    table = make(report)
    column = table.columns.index("generator")
    assert {"still †", "good *"} <= {row[column] for row in table.rows}
    assert any(note.startswith("* reads the label of the image.  †") for note in table.notes)
    declared = {r["generator"]: (r["reads_labels"], r["needs_continuation"]) for r in table.records}
    assert declared["still"] == (False, True)
    assert declared["good"] == (True, False)
    assert declared.get(None, (None, None)) == (None, None)
    for facts in report.plan["generators"].values():
        facts |= {"reads_labels": False, "needs_continuation": False}
    assert not any("reads the label" in note for note in make(report).notes)


@pytest.mark.parametrize("make", [quality_table, classification_table])
def test_the_plans_notes_stand_under_both_tables(report: Report, make) -> None:
    assert "a note" in make(report).notes


def test_the_synthetic_videos_counted_are_those_trained_on(report: Report) -> None:
    table = classification_table(report)
    assert [r["n_synthetic"] for r in table.records] == [None, "5 (a 3, b 2)", "6 (a 3, b 3)"]
    assert any("images, 5–6 (a 3, b 2–3) of these trained on, n = " in n for n in table.notes)
    for replicate in OUTCOMES:
        for name in ("still", "good"):
            (report.store.cell(f"t{replicate}{name}") / "result.json").unlink()
    table = classification_table(report)
    assert {r["n_synthetic"] for r in table.records} == {None}
    assert not any("of these trained on" in n for n in table.notes)


def test_single_replicates_show_their_interval() -> None:
    assert entry([Figure(0.5, 0.25, 0.75, 8)]) == "0.500\n[0.250, 0.750]"
    assert entry([Figure(12.34, None, None, 8)]) == "12.3"
    assert entry([Figure(0.5, details={"p": 0.25})]) == "0.500\np 0.250"
    both = [Figure(0.5, details={"p": 0.25}), Figure(0.7, details={"p": 0.75})]
    assert entry(both) == "0.600 ± 0.141\np 0.500 ± 0.354"
    assert record("fvd", both)["fvd:p"] == 0.5
    assert "fvd:p" not in record("fvd", [Figure(missing="failed")])
    for unlike in ([*both, Figure(0.6)], [Figure(0.6), *both]):
        assert entry(unlike) == "0.600 ± 0.100\np –"
        assert record("fvd", unlike)["fvd:p"] is None
    assert entry([Figure(1e-5)]) == "1.00e-05"


@pytest.mark.parametrize("make", [quality_table, classification_table, leaderboard])
def test_formats_hold_the_same_records(report: Report, make) -> None:
    table = make(report)
    content = json.loads(render(table, "json"))
    assert content["rows"] == table.records
    rows = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    assert len(rows) == len(table.records)
    assert render(table, "markdown").count("\n|") == len(table.rows) + 2
    for row in table.rows:
        assert all(part in render(table, "rich") for cell in row for part in cell.split("\n"))


def test_texts_are_not_taken_for_markup() -> None:
    table = Table("t [bold]", ["[red]x", "a|b"], [["[dB]", "c|d"]], [{"x": 1}])
    assert "[red]x" in render(table, "rich")
    assert "[dB]" in render(table, "rich")
    assert "a\\|b" in render(table, "markdown")
