"""The libraries' faults stay mended, and mending them says nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from plugins import compat

ROOT = Path(__file__).parents[2]


def test_first_import_is_silent_and_a_second_does_nothing() -> None:
    code = (
        "import importlib\nfrom plugins import compat\nimportlib.reload(compat)\n"
        "compat.mmaction_registry()\nimport plugins.training\nimport torchvision\n"
        "torchvision.ops.nms\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_torchvision_has_its_operators() -> None:
    assert torch.ops.torchvision.nms is not None


def test_mmaction_builds_by_name() -> None:
    models = compat.mmaction_registry()
    assert models.get("Recognizer2D") is not None
    assert models.get("C3D") is not None


def test_missing_localizer_is_replaced_only_where_it_is_missing() -> None:
    import mmaction

    home = Path(mmaction.__file__).parent / "models" / "localizers" / "drn" / "drn.py"
    stands_in = not hasattr(sys.modules["mmaction.models.localizers.drn"], "__file__")
    assert stands_in == (not home.exists())


def test_mmengine_knows_what_is_installed() -> None:
    import mmengine.utils

    assert mmengine.utils.is_installed("torch")
    assert not mmengine.utils.is_installed("no_such_package_here")


def test_building_a_model_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    model = compat.mmaction_model(
        {
            "type": "Recognizer2D",
            "backbone": {"type": "ResNet", "depth": 18, "pretrained": None},
            "cls_head": {"type": "TSNHead", "num_classes": 2, "in_channels": 512},
        }
    )
    assert sum(p.numel() for p in model.parameters()) > 11_000_000
    assert capfd.readouterr() == ("", "")
