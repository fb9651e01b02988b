"""Recognizers of MMAction2 by their configs: zoo configs that nobody here wrote, and wrong ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mmaction
import pytest
import torch

from classifiers.config_file import read_config
from classifiers.recognizer import Recognizer, bench_classifiers
from classifiers.scratch import addresses, without_weights
from plugins import compat
from plugins.clips import MemoryClips
from plugins.errors import BenchError, DataError
from plugins.run import Run

compat.mmaction_registry()  # before MMEngine's own imports

Make = Callable[..., MemoryClips]
ZOO = Path(mmaction.__file__).parent / ".mim" / "configs" / "recognition"
SLOWONLY = "slowonly/slowonly_r50_8xb16-4x16x1-256e_kinetics400-rgb.py"

TINY: dict[str, Any] = {
    "model": {
        "type": "Recognizer3D",
        "backbone": {
            "type": "ResNet3dSlowOnly",
            "depth": 18,
            "base_channels": 8,
            "pretrained": "torchvision://resnet18",
            "lateral": False,
            "with_pool2": False,
        },
        "cls_head": {"type": "I3DHead", "num_classes": 400, "in_channels": 64},
    },
    "train_pipeline": [
        {"type": "DecordInit"},
        {"type": "SampleFrames", "clip_len": 8, "frame_interval": 8, "num_clips": 1},
    ],
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(TINY))
    return path


def configured(path: Path, **fields: Any) -> Recognizer:
    made = Recognizer.configure({"config": str(path), **fields}, "here")
    assert isinstance(made, Recognizer)
    return made


def learns_and_loads(classifier: Recognizer, clips: MemoryClips, folder: Path) -> None:
    run = Run(folder, seed=0)
    classifier.fit(clips, run)
    scores = classifier.predict(clips)
    torch.testing.assert_close(scores.sum(dim=1), torch.ones(len(clips)))
    again = classifier.fresh()
    again.load(run)
    assert torch.equal(again.predict(clips), scores)


def test_hook() -> None:
    assert bench_classifiers() == [Recognizer]
    assert Recognizer.reads_config


def test_a_config_is_trained_and_loaded(tmp_path: Path, drifting: Make, config: Path) -> None:
    classifier = configured(config, steps=2, batch_size=2)
    assert classifier.n_frames == 8
    learns_and_loads(classifier, drifting(4, seed=0, size=32), tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "size"),
    [
        (SLOWONLY, 32),
        pytest.param("x3d/x3d_s_13x6x1_facebook-kinetics400-rgb.py", 64, marks=pytest.mark.slow),
        pytest.param(
            "swin/swin-tiny-p244-w877_in1k-pre_8xb8-amp-32x2x1-30e_kinetics400-rgb.py",
            64,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "tsm/tsm_imagenet-pretrained-mobilenetv2_8xb16-1x1x8-100e_kinetics400-rgb.py",
            64,
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "slowfast/slowfast_r50_8xb8-4x16x1-256e_kinetics400-rgb.py",
            64,
            marks=pytest.mark.slow,
        ),
    ],
)
def test_zoo_configs_are_trained_as_they_are(
    tmp_path: Path, drifting: Make, name: str, size: int
) -> None:
    learns_and_loads(
        configured(ZOO / name, steps=2, batch_size=2), drifting(4, seed=0, size=size), tmp_path
    )


def test_only_classes_and_weights_are_changed() -> None:
    from mmengine.config import Config

    theirs = Config.fromfile(ZOO / SLOWONLY).to_dict()["model"]
    ours = configured(ZOO / SLOWONLY).section(2, (3, 4, 32, 32))
    assert theirs["cls_head"].pop("num_classes") == 400
    assert ours["cls_head"].pop("num_classes") == 2
    assert ours["data_preprocessor"] == theirs["data_preprocessor"]
    assert ours == theirs


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


def test_a_model_without_one_label_per_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "detector.json"
    path.write_text(json.dumps({"model": {"type": "FastRCNN", "roi_head": {}}}))
    with pytest.raises(DataError, match=r"detector.json: its model has no cls_head"):
        configured(path, frames=4).section(2, (3, 4, 32, 32))


def test_clips_that_the_model_cannot_take_are_refused(tmp_path: Path, drifting: Make) -> None:
    vit = {
        "type": "TimeSformer",
        "num_frames": 8,
        "img_size": 64,
        "patch_size": 16,
        "embed_dims": 32,
        "num_heads": 4,
        "num_transformer_layers": 1,
        "attention_type": "divided_space_time",
        "pretrained": None,
    }
    head = {"type": "TimeSformerHead", "num_classes": 400, "in_channels": 32}
    path = tmp_path / "vit.json"
    model = {"type": "Recognizer3D", "backbone": vit, "cls_head": head}
    path.write_text(json.dumps({"model": model}))
    classifier = configured(path, frames=8, steps=1)
    with pytest.raises(DataError, match=r"vit.json: .* 8 frames of 32 x 32 pixels .* clip.size"):
        classifier.fit(drifting(4, seed=0, size=32), Run(tmp_path / "run", seed=0))


def test_without_a_config_it_says_what_it_needs() -> None:
    with pytest.raises(DataError, match="name the config's path"):
        Recognizer().notes()


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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"backbone": {"type": "NoSuchNet"}}, "KeyError: .*NoSuchNet"),
        ({"cls_head": TINY["model"]["cls_head"] | {"wrong": 1}}, "TypeError: .*wrong"),
    ],
)
def test_a_model_that_cannot_be_built_names_its_file(
    tmp_path: Path, drifting: Make, change: dict[str, Any], said: str
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(TINY | {"model": TINY["model"] | change}))
    with pytest.raises(DataError, match=rf"wrong.json: its model cannot be used .*{said}"):
        configured(path, steps=1).fit(drifting(4, seed=0, size=32), Run(tmp_path / "run", seed=0))


def test_frames_that_make_several_rows_are_refused(tmp_path: Path, drifting: Make) -> None:
    backbone = {"type": "ResNetTSM", "depth": 18, "num_segments": 8, "pretrained": None}
    head = {
        "type": "TSMHead", "num_classes": 400, "in_channels": 512, "num_segments": 8,
        "is_shift": True,
    }  # fmt: skip
    model = {"type": "Recognizer2D", "backbone": backbone, "cls_head": head}
    path = tmp_path / "tsm8.json"
    path.write_text(json.dumps({"model": model}))
    with pytest.raises(DataError, match=r"tsm8.json: its model gives scores of shape \(2, 2\)"):
        configured(path, frames=16, steps=1).fit(
            drifting(4, seed=0, size=32), Run(tmp_path / "run", seed=0)
        )
