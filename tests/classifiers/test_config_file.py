"""What is read of a config: frames, weights that it asks for, and what makes the key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from classifiers.config_file import read_config
from classifiers.recognizer import Recognizer
from classifiers.scratch import addresses, without_weights
from plugins.errors import BenchError, DataError
from tests.classifiers.tiny_config import TINY, ZOO, configured


def test_weight_addresses_are_left_out_and_told(config: Path) -> None:
    classifier = configured(config)
    section = classifier.section(2, (3, 8, 32, 32))
    assert section["backbone"]["pretrained"] is None
    (note,) = classifier.notes()
    assert "tiny.json, 8 frames" in note
    assert "(torchvision://resnet18) are not used" in note
    nested = [{"init_cfg": [{"type": "Pretrained", "checkpoint": "far.pth"}, {"type": "Normal"}]}]
    assert addresses({"parts": nested}) == ["far.pth"]
    assert without_weights({"parts": nested}) == {"parts": [{"init_cfg": None}]}
    shifted = without_weights({"type": "ResNetTSM", "depth": 18, "pretrained": "far.pth"})
    assert (shifted["pretrained"], shifted["pretrained2d"]) == (None, False)
    kept = {"init_cfg": {"type": "Normal", "layer": "Linear"}}
    assert without_weights(kept) == kept


def test_frames_of_segments_and_of_looks(tmp_path: Path) -> None:
    sampling = {"type": "SampleFrames", "clip_len": 4, "num_clips": 3}
    for kind, frames in (("Recognizer2D", 12), ("Recognizer3D", 4)):
        path = tmp_path / f"{kind}.json"
        path.write_text(json.dumps({"model": {"type": kind}, "test_pipeline": [sampling]}))
        assert read_config(path).frames == frames


def test_what_a_config_says_makes_the_key_and_not_where_it_lies(
    tmp_path: Path, config: Path
) -> None:
    moved = tmp_path / "elsewhere" / "renamed.json"
    moved.parent.mkdir()
    moved.write_text(config.read_text())
    assert configured(moved).parameters() == configured(config).parameters()
    moved.write_text(config.read_text().replace("torchvision://resnet18", "/mnt/other.pth"))
    assert configured(moved).parameters() == configured(config).parameters()
    moved.write_text(config.read_text().replace('"depth": 18', '"depth": 34'))
    assert configured(moved).parameters() != configured(config).parameters()


def test_a_config_without_sampling_needs_the_parameter(tmp_path: Path) -> None:
    path = tmp_path / "bare.json"
    path.write_text(json.dumps({"model": TINY["model"]}))
    with pytest.raises(DataError, match=r"bare.json: no pipeline of it has SampleFrames.*'frames'"):
        configured(path).notes()
    assert configured(path, frames=6).n_frames == 6


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("none.py", None, "there is no such config"),
        ("model.toml", "model = 1", "there is no such config"),
        ("raises.py", "raise OSError('no disk')", "cannot be read as a config"),
        ("broken.json", "{", "cannot be read as a config"),
        ("empty.json", "{}", "has no section 'model'"),
        (
            "odd.json",
            '{"model": {}, "train_pipeline": [{"type": "SampleFrames", "clip_len": "x"}]}',
            "cannot be read as a config",
        ),
        ("slices.py", "model = dict(part=slice(3))", "cannot be read as a config"),
        (
            "imports.py",
            "model = dict()\ncustom_imports = dict(imports='not_there')",
            "cannot be read as a config",
        ),
    ],
)
def test_what_is_no_config_is_refused(
    tmp_path: Path, name: str, text: str | None, said: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(BenchError, match=said) as caught:
        configured(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["tsn_*dense161*.py", "tsn_*swin-transformer_8x*.py"])
def test_weights_of_other_libraries_are_not_asked_for(name: str) -> None:
    (path,) = (ZOO / "tsn/custom_backbones").glob(name)
    classifier = configured(path)
    section = classifier.section(2, (3, 3, 224, 224))
    assert section["backbone"]["pretrained"] is False
    assert "are not used" in classifier.notes()[0]


def test_a_switch_that_asks_for_weights_is_off() -> None:
    section = without_weights({"type": "UniFormerV2", "pretrained": "ViT-B/16"})
    assert (section["pretrained"], section["clip_pretrained"]) == (None, False)


def test_code_that_a_config_imports_makes_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_own_net.py").write_text("SIZE = 1\n")
    values = TINY | {"custom_imports": {"imports": "my_own_net"}}
    path = tmp_path / "own.json"
    path.write_text(json.dumps(values))
    before = configured(path).parameters()
    assert set(before["config"]["code"]) == {"my_own_net"}
    (tmp_path / "my_own_net.py").write_text("SIZE = 2\n")
    assert configured(path).parameters() != before


def test_code_that_an_imported_package_imports_makes_the_key_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_own_nets" / "deep").mkdir(parents=True)
    (tmp_path / "my_own_nets" / "__init__.py").write_text("from .deep.net import SIZE\n")
    (tmp_path / "my_own_nets" / "deep" / "net.py").write_text("SIZE = 1\n")
    path = tmp_path / "own.json"
    path.write_text(json.dumps(TINY | {"custom_imports": {"imports": ["my_own_nets"]}}))
    before = configured(path).parameters()
    assert configured(path).parameters() == before
    (tmp_path / "my_own_nets" / "deep" / "net.py").write_text("SIZE = 2\n")
    assert configured(path).parameters() != before


def test_without_a_config_it_says_what_it_needs() -> None:
    with pytest.raises(DataError, match="name the config's path"):
        Recognizer().notes()
