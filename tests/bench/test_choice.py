"""Config files where plugins are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file

from bench.choice import files_by_name
from bench.experiment import check_experiment
from bench.materials import gather
from classifiers.recognizer import Recognizer
from plugins import compat
from plugins.discovery import discover
from plugins.errors import BenchError
from tests.bench.conftest import Command
from tests.classifiers.tiny_config import TINY, written


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
    return written(tmp_path, "tiny_net.json")


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
        ({"classifiers": ["net.py"], "classifier": {"net": 3}}, "classifier.net"),
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


def test_a_config_and_its_initial_weights_stand_below_the_table(
    tmp_path: Path, tiny: Path, bench: Command
) -> None:
    """A path on the command line is trained like any other, and Table 2 says what it began from."""
    shallow = json.loads(json.dumps(TINY))
    shallow["model"]["cls_head"]["num_classes"] = 3
    config = tmp_path / "tiny_net.json"
    config.write_text(json.dumps(shallow))
    weights = tmp_path / "begin.safetensors"
    section = Recognizer(config=str(config)).section(3, (3, 8, 32, 32))
    save_file(compat.mmaction_model(section).state_dict(), weights)
    answer = bench(
        "run", tiny, "--classifiers", config, "--generators", "still", "--protocols", "real",
        "--set", f"classifier.tiny_net.parameters.pretrained={weights}",
        "--set", "classifier.tiny_net.parameters.steps=1",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    table = bench("table", "classification", "tiny", "--format", "markdown").out
    assert "| tiny_net |" in table
    assert "tiny_net: trained for 1 steps (plugin=recognizer)" in table
    assert "tiny_net: the model section of tiny_net.json, 8 frames" in table
    began = next(line for line in table.splitlines() if "tiny_net: began with" in line)
    assert "tensors from begin.safetensors (SHA-256 " in began
    assert "not from it: cls_head.fc_cls.weight, cls_head.fc_cls.bias" in began
