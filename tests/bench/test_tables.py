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
from bench.tables.summary import entry

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
            cells.append({"key": key, "kind": "evaluate", "title": key, "reads": []})
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
        "generators": {"still": facts, "good": {**facts, "reads_labels": True}},
        "classifiers": {
            "c": {"plugin": "c3d", "changed": {"steps": 9}, "all": {"budget": "steps", "steps": 9}}
        },
        "metrics": {
            "accuracy": {"title": "Acc", "direction": "higher", "unit": ""},
            "distance": {"title": "Distance", "direction": "lower", "unit": "px"},
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
    assert leaderboard(report).records[0]["n_over_real"] == 1


def test_single_replicates_show_their_interval() -> None:
    assert entry([Figure(0.5, 0.25, 0.75, 8)]) == "0.500\n[0.250, 0.750]"
    assert entry([Figure(12.34, None, None, 8)]) == "12.3"
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
