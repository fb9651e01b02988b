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


def test_check_passes_a_control(bench: Command) -> None:
    answer = bench("check", "jitter", "--set", "translation=0.1")
    assert answer.code == 0
    assert answer.out.count("ok  ") == 11


def test_check_of_what_is_not_there(bench: Command) -> None:
    assert "did you mean 'jitter'" in bench("check", "jiter").err
