"""A training that nothing interrupted, a file of weights, and a registry that knows it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from plugins.weights import Registry
from tests.plugins.small_training import learn
from tests.plugins.small_weights import described, state


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return learn(tmp_path_factory.mktemp("uninterrupted"))


@pytest.fixture
def weight_file(tmp_path: Path) -> Path:
    path = tmp_path / "under another name"
    torch.save(state(), path)
    return path


@pytest.fixture
def registry(weight_file: Path, tmp_path: Path) -> Registry:
    return Registry([described(weight_file)], tmp_path / "weights", caches=[tmp_path / "cache"])
