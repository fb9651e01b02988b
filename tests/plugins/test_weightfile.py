"""Weight files: what is written is read, and what is wrong with one is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from plugins.errors import TrainingError
from plugins.weightfile import load_weights, read_notes, save_weights
from tests.plugins.small_training import WEIGHTS, network


def test_weight_file_round_trip(tmp_path: Path) -> None:
    path = tmp_path / WEIGHTS
    save_weights(network(), path, {"classes": ["a", "b"]})
    other = network()
    with torch.no_grad():
        other[0].weight.zero_()
    load_weights(other, path)
    assert torch.equal(other[0].weight, network()[0].weight)
    assert read_notes(path) == {"classes": ["a", "b"]}
    assert [p.name for p in tmp_path.iterdir()] == [WEIGHTS]


def test_weight_file_of_another_model_names_the_difference(tmp_path: Path) -> None:
    path = tmp_path / WEIGHTS
    save_weights(network(width=16), path)
    with pytest.raises(
        TrainingError, match=rf"{WEIGHTS}: '0.weight' has shape \(16, 4\).*\(8, 4\)"
    ):
        load_weights(network(width=8), path)
    with pytest.raises(TrainingError, match="'weight' is missing"):
        load_weights(nn.Linear(4, 1), path)
    with pytest.raises(TrainingError, match=r"'1\.bias' is not in this model"):
        load_weights(nn.Sequential(nn.Linear(4, 16)), path)


def test_missing_and_damaged_weight_files(tmp_path: Path) -> None:
    path = tmp_path / WEIGHTS
    with pytest.raises(TrainingError, match="there is no such weight file"):
        load_weights(network(), path)
    path.write_bytes(b"not weights at all")
    with pytest.raises(TrainingError, match="not a sound weight file"):
        read_notes(path)
    with pytest.raises(TrainingError, match="not a sound weight file"):
        load_weights(network(), path)
