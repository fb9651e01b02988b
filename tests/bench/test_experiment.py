"""A wrong experiment is answered with the file, the key and the nearest right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.experiment import load_experiment, parse_override
from plugins.errors import BenchError


def test_the_name_is_the_files(tiny: Path) -> None:
    experiment = load_experiment(tiny)
    assert experiment.name == "tiny"
    assert experiment.replicates == (0,)


def test_overrides_win(tiny: Path) -> None:
    overrides = {"clip.size": 48, "classifier.c3d.parameters.steps": 9, "ratios": ["7:3"]}
    experiment = load_experiment(tiny, overrides)
    assert experiment.clip.size == 48
    assert experiment.classifier["c3d"].parameters["steps"] == 9
    assert experiment.ratios == ("7:3",)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("generatrs = ['still']", r"tiny.toml: unknown key 'generatrs'.*'generators'"),
        ("[synthesis]\nper_imag = 2", r"unknown key 'synthesis.per_imag'.*'per_image'"),
        ("[synthesis]\nprior = 'even'", r"'synthesis.prior' = 'even'.*'balanced'"),
        ("[generator.still]\nparams = {}", r"unknown key 'generator.still.params'.*'parameters'"),
        ("replicates = [0, 0]", r"replicates names 0 twice"),
        ("replicates = [0, 0]", r"^[^=]*tiny.toml: replicates names 0 twice$"),
        ("protocols = ['reel']", r"'protocols.0' = 'reel'"),
        ("protocols = []", r"'protocols' = \[\]: .*at least 1"),
        ("replicates = []", r"'replicates' = \[\]: .*at least 1"),
        ("name = '../evil'", r"'name' = '../evil'"),
        ("clip = 3", r"Cannot|already|not valid TOML"),
        ("oops", r"tiny.toml: not valid TOML"),
    ],
)
def test_mistakes(tiny: Path, extra: str, message: str) -> None:
    text = tiny.read_text()
    tiny.write_text(text + "\n" + extra if extra.startswith("[") else extra + "\n" + text)
    with pytest.raises(BenchError, match=message):
        load_experiment(tiny)


@pytest.mark.parametrize(
    ("ratios", "message"),
    [
        ([], r"'ratios' = \[\]: .*at least 1"),
        (["7:3", "7-3"], r"'ratios.1' = '7-3': write train to test, like '7:3'"),
        (["0:10"], r"'ratios.0' = '0:10': write train to test"),
        ([3], r"'ratios.0' = 3: write train to test"),
        ([["7:3"]], r"'ratios.0' = \['7:3'\]: .*valid string"),
        (["0.7", "7:3"], r"tiny.toml: ratios names 7:3 twice"),
        (["1:1", "5:5"], r"tiny.toml: ratios names 5:5 twice"),
    ],
)
def test_wrong_ratios(tiny: Path, ratios: list[object], message: str) -> None:
    with pytest.raises(BenchError, match=message) as said:
        load_experiment(tiny, {"ratios": ratios})
    assert len(str(said.value).splitlines()) == 1


def test_a_ratio_has_one_spelling(tiny: Path) -> None:
    found = load_experiment(tiny, {"ratios": ["0.7", 0.75, " 4 : 6 ", "2:1"]})
    assert found.ratios == ("7:3", "75:25", "4:6", "2:1")


def test_every_mistake_is_listed_at_once(tiny: Path) -> None:
    tiny.write_text("a = 1\nb = 2\n" + tiny.read_text())
    with pytest.raises(BenchError, match=r"'a'[\s\S]*'b'"):
        load_experiment(tiny)


def test_span_below_frames(tiny: Path) -> None:
    with pytest.raises(BenchError, match="span"):
        load_experiment(tiny, {"clip.span": 8})


def test_a_missing_file_and_a_missing_key(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="cannot be read"):
        load_experiment(tmp_path / "none.toml")
    (tmp_path / "bare.toml").write_text("generators = ['still']")
    with pytest.raises(BenchError, match="'videos' is missing"):
        load_experiment(tmp_path / "bare.toml")


@pytest.mark.parametrize(
    ("text", "value"),
    [("a.b=3", 3), ("a.b=[1, 2]", [1, 2]), ("a.b=word", "word"), ("a.b='7:3'", "7:3")],
)
def test_parse_override(text: str, value: object) -> None:
    assert parse_override(text) == ("a.b", value)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ('classifier."tsm-0.5".plugin', "tsm-0.5"),
        ("classifier.'tsm-0.5'.plugin", "tsm-0.5"),
        ('classifier."narrow".plugin', "narrow"),
        ("classifier.narrow.plugin", "narrow"),
        ("classifier.my tsm:paper.plugin", "my tsm:paper"),  # no TOML: split at the dots
        ("classifier.[a]\n[b]\nx.plugin", "[a]\n[b]\nx"),
    ],
)
def test_names_in_a_key(tiny: Path, key: str, name: str) -> None:
    found = load_experiment(tiny, {key: "tsm"})
    assert found.classifier[name].plugin == "tsm"


def test_parse_override_without_a_value() -> None:
    with pytest.raises(BenchError, match="key=value"):
        parse_override("clip.size")
