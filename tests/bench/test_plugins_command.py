"""``bench plugins`` and ``bench check`` with plugins that are right and broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench.conftest import Command
from tests.distributions import install


def test_every_plugin_is_described(bench: Command) -> None:
    listed = json.loads(bench("plugins", "--json").out)
    assert listed["broken"] == []
    jitter = next(p for p in listed["plugins"] if p["name"] == "jitter")
    assert jitter["kind"] == "generator"
    assert jitter["distribution"].startswith("usbench ")
    translation = next(p for p in jitter["parameters"] if p["name"] == "translation")
    assert translation["default"] == 0.03
    assert "fraction of the image side" in translation["doc"]
    assert translation["schema"]["maximum"] == 0.5


def test_one_plugin_at_length_and_a_wrong_name(bench: Command) -> None:
    answer = bench("plugins", "oracle-blind")
    assert "ceiling" in answer.out
    wrong = bench("plugins", "oracel")
    assert wrong.code == 2
    assert "did you mean 'oracle'" in wrong.err


def test_broken_plugins_are_listed_and_everything_else_runs(
    bench: Command, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    install(site, "crasher", "raise OSError('libfoo.so is missing')")
    source = "from plugins import hookimpl\n@hookimpl\ndef bench_genrators():\n    return []\n"
    install(site, "misspelt", source)
    monkeypatch.syspath_prepend(str(site))
    listed = bench("plugins").out
    assert "broken: crasher (crasher)" in listed
    assert "OSError: libfoo.so is missing" in listed
    assert "unknown hook bench_genrators" in listed
    assert "did you mean 'bench_generators'" in listed
    broken = {b["entry_point"] for b in json.loads(bench("plugins", "--json").out)["broken"]}
    assert broken == {"crasher", "misspelt"}
    assert bench("plan", tiny).code == 0
    assert "see 'bench plugins': crasher, misspelt" in bench("plan", tiny, "--generators", "x").err


def test_a_plugin_with_wrong_defaults_is_listed_as_broken(
    bench: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    source = (
        "from typing import ClassVar\n"
        "from pydantic import Field\n"
        "from plugins import Generator, hookimpl\n"
        "class Wrong(Generator):\n"
        "    name: ClassVar[str] = 'wrong'\n"
        "    steps: int = Field(3, ge=4)\n"
        "    def sample(self, stills, n_frames): ...\n"
        "@hookimpl\n"
        "def bench_generators():\n    return [Wrong]\n"
    )
    install(site, "wrong", source)
    monkeypatch.syspath_prepend(str(site))
    listed = bench("plugins")
    assert listed.code == 0
    assert "the default of steps is not valid" in listed.out
    assert "still" in listed.out


@pytest.mark.parametrize("value", ["inf", "nan", "-inf"])
def test_a_value_that_is_not_finite_is_refused(bench: Command, tiny: Path, value: str) -> None:
    answer = bench("plan", tiny, "--set", f"classifier.c3d.parameters.lr={value}")
    assert answer.code == 2
    assert "classifier 'c3d', lr = " in answer.err
    assert "finite number" in answer.err


def test_an_empty_list_of_ratios_is_refused(bench: Command, tiny: Path) -> None:
    answer = bench("plan", tiny, "--ratios", ",")
    assert answer.code == 2
    assert "'ratios'" in answer.err


@pytest.mark.parametrize("size", ["5", "513", "big"])
def test_check_of_a_size_that_cannot_be(bench: Command, size: str) -> None:
    answer = bench("check", "still", "--size", size)
    assert answer.code == 2
    assert "--size" in answer.err


def test_check_passes_a_control(bench: Command) -> None:
    answer = bench("check", "jitter", "--set", "translation=0.1")
    assert answer.code == 0
    assert answer.out.count("ok  ") == 12


def test_check_of_what_is_not_there(bench: Command) -> None:
    assert "did you mean 'jitter'" in bench("check", "jiter").err
