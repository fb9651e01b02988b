"""Tables from results written by hand: the arithmetic, the missing, the notes."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest

from bench.tables import Report, classification_table, leaderboard, quality_table
from bench.tables.report import Figure
from bench.tables.summary import entry, record
from tests.bench.results_by_hand import OUTCOMES, report_in


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return report_in(tmp_path)


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
