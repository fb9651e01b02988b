"""The training helper: seeds, stages, and nothing left behind."""

from __future__ import annotations

import multiprocessing
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from plugins import compat
from plugins.recipe import Recipe
from plugins.run import Run
from plugins.training import train
from tests.plugins.small_training import WEIGHTS, batch_of, learn, network, square_error

with compat.quiet():
    from mmengine.logging import MessageHub, MMLogger
    from mmengine.registry import DefaultScope


def test_other_seed_gives_other_weights(tmp_path: Path, uninterrupted: bytes) -> None:
    assert learn(tmp_path, seed=4) != uninterrupted


def test_nothing_is_printed_and_nothing_stays_behind(
    tmp_path: Path, uninterrupted: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    instances = [len(m._instance_dict) for m in (MMLogger, MessageHub, DefaultScope)]
    threads, start_method = torch.get_num_threads(), multiprocessing.get_start_method(True)
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    first = [random.random(), np.random.rand(), float(torch.rand(()))]
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    assert learn(tmp_path / "one") == uninterrupted
    assert learn(tmp_path / "two") == uninterrupted  # the second of this name in this process
    assert [random.random(), np.random.rand(), float(torch.rand(()))] == first
    assert [len(m._instance_dict) for m in (MMLogger, MessageHub, DefaultScope)] == instances
    assert not torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.deterministic
    assert torch.get_num_threads() == threads
    assert multiprocessing.get_start_method(True) == start_method
    assert capfd.readouterr() == ("", "")
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == [
        "budget.json",
        "training.log",
        WEIGHTS,
    ]


def test_two_stages_in_one_folder(tmp_path: Path) -> None:
    run, first, second = Run(tmp_path, name="cell"), nn.Linear(4, 1), nn.Linear(4, 1)
    for stage, model in (("encoder", first), ("prior", second)):
        name = f"{stage}.safetensors"
        train(model, square_error(model), batch_of, 3, run, stage=stage, weights=name)
    assert sorted(p.name for p in tmp_path.glob("*.safetensors")) == [
        "encoder.safetensors",
        "prior.safetensors",
    ]
    assert "prior step 3/3" in (tmp_path / "training.log").read_text()


def test_loss_method_of_a_large_object_is_not_copied_for_the_average(tmp_path: Path) -> None:
    class Holder:
        model = network()

        def __deepcopy__(self, memo: dict[int, Any]) -> Holder:
            raise AssertionError("copied")

        def loss(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
            return square_error(self.model)(batch)

    train(Holder.model, Holder().loss, batch_of, 2, Run(tmp_path), recipe=Recipe(ema=0.9))


def test_what_holds_the_data_is_not_copied(tmp_path: Path) -> None:
    class Batches:
        def __deepcopy__(self, memo: dict[int, Any]) -> Batches:
            raise AssertionError("copied")

        def __call__(self, step: int) -> dict[str, Tensor]:
            return batch_of(step)

    model = network()
    train(model, square_error(model), Batches(), 2, Run(tmp_path))
