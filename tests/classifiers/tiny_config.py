"""A small config, and where MMAction2's own are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mmaction

from classifiers.recognizer import Recognizer
from plugins import compat

compat.mmaction_registry()  # before MMEngine's own imports


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


def written(folder: Path, name: str = "tiny.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(TINY))
    return path


def configured(path: Path, **fields: Any) -> Recognizer:
    made = Recognizer.configure({"config": str(path), **fields}, "here")
    assert isinstance(made, Recognizer)
    return made
