"""The tables say what each learned generator was given, and where two were given unlike amounts."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from bench.cells.fit import stages_told
from bench.store import Store
from bench.tables import Report, render
from bench.tables.budgets import (
    budget_notes,
    budget_of,
    budget_records,
    budget_text,
    unequal_notes,
)
from bench.tables.render import Table
from bench.tables.report import Place
from plugins.budget import record_budget
from plugins.run import Run
from tests.bench.conftest import TINY, Command


def stage(name: str, steps: int | None = None, **more: int) -> dict[str, Any]:
    """As `stages_told` gives it."""
    none = dict.fromkeys(("batch_size", "parameters", "adversary_parameters"))
    return {"stage": name, "steps": steps, **none, **more}


def given(n_clips: int, *stages: dict[str, Any]) -> dict[str, Any]:
    """The figures of a fit."""
    return {"n_training_clips": n_clips, "stages": list(stages)}


TWO = (
    stage("autoencoder", 1000, batch_size=8, parameters=953_716),
    stage("denoiser", 1500, batch_size=32, parameters=2_100_000),
)
HERE = Place("5:5", 0)


def report_of(tmp_path: Path, fits: dict[tuple[str, str, int], dict[str, Any] | None]) -> Report:
    """A plan of trainings by generator, ratio and replicate; None: it has no result."""
    store = Store(tmp_path)
    syntheses = []
    for number, ((generator, ratio, replicate), figures) in enumerate(fits.items()):
        key = f"fit{number}"
        if figures is not None:
            store.begin(key)
            store.finish(key, {"figures": figures})
        where = {"generator": generator, "ratio": ratio, "replicate": replicate}
        syntheses += [{**where, "of": of, "key": "", "fit": key} for of in ("test", "images")]
    syntheses.append(
        {"generator": "still", "ratio": "5:5", "replicate": 0, "of": "test", "key": "", "fit": None}
    )
    names = ("still", *(name for name, _, _ in fits))
    return Report({"syntheses": syntheses, "generators": {name: {} for name in names}}, store)


def test_a_budget_is_one_line() -> None:
    assert budget_text({HERE: given(56, *TWO)}) == (
        "56 clips; autoencoder 1,000 steps of 8, 953,716 parameters; "
        "denoiser 1,500 steps of 32, 2,100,000 parameters"
    )


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (stage("flow", 3), "flow 3 steps"),
        (stage("fields", parameters=1234), "fields 1,234 parameters"),
        (stage("x"), "x"),
        (
            stage("x", 2, parameters=3, adversary_parameters=4000),
            "x 2 steps, 3 parameters, 4,000 of its adversary",
        ),
    ],
)
def test_what_is_not_told_is_left_out(one: dict[str, Any], said: str) -> None:
    assert budget_text({HERE: given(1200, one)}) == f"1,200 clips; {said}"


def test_a_learner_that_tells_nothing_has_its_clips() -> None:
    assert budget_text({HERE: given(56)}) == "56 clips"


def test_what_differs_is_told_by_ratio_and_replicates_as_a_range() -> None:
    fits = {
        Place("5:5", 0): given(56, stage("a", 70)),
        Place("5:5", 1): given(57, stage("a", 70)),
        Place("7:3", 0): given(78, stage("a", 70)),
        Place("7:3", 1): given(78, stage("a", 70)),
    }
    assert budget_text(fits) == "56–57 (5:5), 78 (7:3) clips; a 70 steps"


def test_notes_tell_of_those_that_learned(tmp_path: Path) -> None:
    report = report_of(tmp_path, {("lddm", "5:5", 0): given(56, *TWO), ("cinn", "5:5", 0): None})
    assert budget_notes(report) == [f"lddm: {budget_text({HERE: given(56, *TWO)})}"]
    assert budget_of(report, "lddm", "5:5") == budget_text({HERE: given(56, *TWO)})
    for name, ratio in (("lddm", "7:3"), ("cinn", "5:5"), ("still", "5:5"), (None, "5:5")):
        assert budget_of(report, name, ratio) is None


def test_unequal_steps_and_clips_are_said(tmp_path: Path) -> None:
    report = report_of(
        tmp_path,
        {
            ("lddm", "5:5", 0): given(56, *TWO),
            ("cinn", "5:5", 0): given(50, stage("autoencoder", 500), stage("flow", 400)),
            ("warp", "5:5", 0): given(56),
        },
    )
    assert unequal_notes(report) == [
        "unequal budgets, training clips: lddm 56, cinn 50, warp 56",
        "unequal budgets, optimizer steps in all: lddm 2,500, cinn 900",
        "unequal budgets, steps of stage 'autoencoder': lddm 1,000, cinn 500",
    ]
    assert budget_notes(report)[-3:] == unequal_notes(report)


def test_equal_steps_in_all_that_are_shared_out_otherwise_are_said(tmp_path: Path) -> None:
    one, other = (given(9, stage("a", n), stage("b", 10 - n)) for n in (4, 6))
    report = report_of(tmp_path, {("x", "5:5", 0): one, ("y", "5:5", 0): other})
    assert unequal_notes(report) == [
        "unequal budgets, steps of stage 'a': x 4, y 6",
        "unequal budgets, steps of stage 'b': x 6, y 4",
    ]


def test_equal_budgets_are_not_called_unequal(tmp_path: Path) -> None:
    """Nor where stages have other names, one tells nothing, or a training is still to be done."""
    fits: dict[tuple[str, str, int], dict[str, Any] | None] = {
        ("lddm", "5:5", 0): given(56, stage("autoencoder", 500), stage("denoiser", 400)),
        ("lddm", "7:3", 0): given(78, stage("autoencoder", 700), stage("denoiser", 560)),
        ("cinn", "5:5", 0): given(56, stage("autoencoder", 500), stage("flow", 400)),
        ("cinn", "7:3", 0): None,
        ("warp", "5:5", 0): given(56),
    }
    assert unequal_notes(report_of(tmp_path, fits)) == []


def test_results_from_before_the_record_have_their_clips(tmp_path: Path) -> None:
    report = report_of(tmp_path, {("lddm", "5:5", 0): {"n_training_clips": 56}})
    assert budget_notes(report) == ["lddm: 56 clips"]


def test_json_holds_every_training(tmp_path: Path) -> None:
    fits = {("lddm", "5:5", r): given(56 + r, *TWO) for r in (0, 1)}
    table = Table("t", [], budgets=budget_records(report_of(tmp_path, fits)))
    assert json.loads(render(table, "json"))["budgets"] == [
        {"generator": "lddm", "ratio": "5:5", "replicate": r, **given(56 + r, *TWO)} for r in (0, 1)
    ]


def test_a_result_keeps_the_order_of_the_stages(tmp_path: Path) -> None:
    """A result's keys are sorted when it is written; its lists are not."""
    for name in ("prior", "encoder"):
        record_budget(Run(tmp_path), name, steps=2)
    assert stages_told(tmp_path) == [stage("prior", 2), stage("encoder", 2)]


LEARNS = (
    TINY.replace('["still", "jitter"]', '["lddm", "more"]')
    .replace('"psnr", "difference-mean", "accuracy", "f1"', '"psnr", "accuracy"')
    .replace("[videos]", 'protocols = ["mixed"]\n[videos]')
    .replace("n_videos = 12", "n_videos = 8")
    .replace("steps = 3", "steps = 1")
    + """
[generator.lddm.parameters]
autoencoder_steps = 2
autoencoder_batch = 3
base_channels = 8
correlation = 1
denoiser_steps = 1
denoiser_batch = 5
denoiser_views = 0
denoiser_width = 32
denoiser_depth = 1
denoiser_heads = 2
sampler_steps = 1
[generator.more]
plugin = "lddm"
[generator.more.parameters]
autoencoder_steps = 3
autoencoder_batch = 3
base_channels = 8
correlation = 1
denoiser_steps = 1
denoiser_batch = 5
denoiser_views = 0
denoiser_width = 32
denoiser_depth = 1
denoiser_heads = 2
sampler_steps = 1
"""
)


def test_a_run_tells_the_budgets_in_every_table(bench: Command, tmp_path: Path) -> None:
    (tmp_path / "learns.toml").write_text(LEARNS)
    run = bench("run", tmp_path / "learns.toml")
    assert run.code == 0, run.err
    unequal = "unequal budgets, optimizer steps in all: lddm 3, more 4"
    assert run.out.count(unequal) == 3  # both tables and the leaderboard
    answers = {
        name: json.loads(bench(*name.split(), "learns", "--format", "json").out)
        for name in ("table quality", "table classification", "leaderboard")
    }
    (first, second) = answers["table quality"]["budgets"]
    assert (first["generator"], second["generator"]) == ("lddm", "more")
    assert first["n_training_clips"] == 4
    spent = [(s["stage"], s["steps"], s["batch_size"]) for s in first["stages"]]
    assert spent == [("autoencoder", 2, 3), ("denoiser", 1, 5)]
    sizes = [f"{s['parameters']:,}" for s in first["stages"]]
    line = (
        f"4 clips; autoencoder 2 steps of 3, {sizes[0]} parameters; "
        f"denoiser 1 steps of 5, {sizes[1]} parameters"
    )
    for name, answer in answers.items():
        assert answer["budgets"] == [first, second]
        assert (f"lddm: {line}" in answer["notes"]) == name.startswith("table")
    table = csv.DictReader(io.StringIO(bench("table", "quality", "learns", "--format", "csv").out))
    assert [row["budget"] for row in table] == [line, line.replace("2 steps", "3 steps")]
