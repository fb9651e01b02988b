"""Config files where plugins are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.choice import files_by_name
from bench.experiment import check_experiment
from bench.materials import gather
from plugins.discovery import discover
from plugins.errors import BenchError
from tests.classifiers.test_recognizer import TINY


def experiment(**changes: Any) -> dict[str, Any]:
    base = {
        "name": "test",
        "videos": {"spec": "phantom", "parameters": {"n_videos": 8}},
        "images": {"spec": "phantom", "parameters": {"n_images": 4}},
        "generators": ["still"],
        "classifiers": ["tsm"],
        "metrics": ["accuracy"],
    }
    return base | changes


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tiny_net.json"
    path.write_text(json.dumps(TINY))
    return path


def test_a_path_goes_by_the_file_name(config: Path) -> None:
    raw = experiment(
        classifiers=["tsm", str(config)], classifier={"tiny_net": {"parameters": {"steps": 3}}}
    )
    before = json.dumps(raw)
    checked = check_experiment(raw, "here")
    assert json.dumps(raw) == before
    assert checked.classifiers == ("tsm", "tiny_net")
    assert checked.classifier["tiny_net"].config == str(config)
    materials = gather(checked, discover())
    made = materials.classifiers["tiny_net"]
    assert (made.name, made.parameters()["steps"]) == ("recognizer", 3)
    assert any("tiny_net: the model section of tiny_net.json" in note for note in materials.notes)


def test_a_table_may_name_the_file(config: Path) -> None:
    raw = experiment(classifiers=["mine"], classifier={"mine": {"config": str(config)}})
    assert gather(check_experiment(raw, "here"), discover()).classifiers["mine"].name == (
        "recognizer"
    )


def test_names_without_a_suffix_stay() -> None:
    raw = experiment(classifiers=["tsm", "c3d"])
    assert files_by_name(raw, "classifiers", "classifier") is raw


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"classifiers": ["a/net.py", "b/net.py"]}, "two configs would go by the name 'net'"),
        (
            {
                "classifiers": ["mine"],
                "classifier": {"mine": {"plugin": "tsm", "config": "net.py"}},
            },
            "names a plugin and a config",
        ),
        ({"classifiers": "net.py"}, "classifiers"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BenchError, match=said):
        check_experiment(experiment(**changes), "here")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"generators": ["mine"], "generator": {"mine": {"config": "net.py"}}},
            r"generator.mine.config: no generator that is installed reads config files",
        ),
        (
            {"classifiers": ["gone.py"]},
            r"classifier.gone: classifier 'recognizer', config = 'gone.py': gone.py: there is no",
        ),
        ({"classifiers": ["recognizer"]}, r"classifier.recognizer: .*name the config's path"),
    ],
)
def test_what_does_not_apply_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BenchError, match=said):
        gather(check_experiment(experiment(**changes), "here"), discover())
