"""Recognizers of MMAction2 by their configs: zoo configs, trained, and models that do not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from classifiers.recognizer import Recognizer, bench_classifiers
from plugins.clips import MemoryClips
from plugins.errors import DataError
from plugins.run import Run
from tests.classifiers.tiny_config import SLOWONLY, TINY, ZOO, configured

Make = Callable[..., MemoryClips]


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
