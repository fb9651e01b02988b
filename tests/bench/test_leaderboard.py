"""The leaderboard: gains, paired tests, ranks, and the reason of each dash."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.predictions import Predictions
from bench.statistics import mcnemar
from bench.tables import Report, leaderboard
from tests.bench.results_by_hand import IDS, OUTCOMES, report_in


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return report_in(tmp_path)


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
