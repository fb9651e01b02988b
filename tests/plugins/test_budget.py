"""What a fit spent is left in its folder, whatever way the fit came to its end."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from plugins.budget import FILE, StageBudget, n_parameters, read_budget, record_budget
from plugins.errors import PluginError, TrainingError
from plugins.recipe import Recipe
from plugins.run import Run
from plugins.training import Adversary, train
from tests.plugins.small_training import STEPS, batch_of, learn, network, square_error


def test_a_training_tells_its_steps_batch_and_parameters(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    model[0].bias.requires_grad_(False)
    loss = square_error(model)
    train(model, loss, batch_of, 3, Run(tmp_path), stage="first", batch_size=8)
    # 4 * 3 weights, the batch norm's 2 * 3, and 3 + 1; the held bias and the buffers do not count.
    assert read_budget(tmp_path) == {"first": StageBudget(steps=3, batch_size=8, parameters=22)}


def test_an_adversary_is_told_apart(tmp_path: Path) -> None:
    model, judge = nn.Linear(4, 1), nn.Linear(4, 2)
    against = Adversary(judge, lambda b: {"loss": judge(b["x"]).square().mean()}, Recipe())
    train(model, square_error(model), batch_of, 2, Run(tmp_path), adversary=against)
    told = read_budget(tmp_path)["training"]
    assert (told.parameters, told.adversary_parameters, told.batch_size) == (5, 10, None)


def test_stages_stand_in_the_order_of_the_fit(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for _ in range(2):  # the second time both are found done
        for stage in ("prior", "encoder"):
            model = nn.Linear(4, 1)
            loss = square_error(model)
            train(model, loss, batch_of, 2, run, stage=stage, weights=f"{stage}.safetensors")
        assert list(read_budget(tmp_path)) == ["prior", "encoder"]


def test_a_stopped_and_a_found_training_tell_the_same(tmp_path: Path) -> None:
    def stops(step: int) -> dict[str, torch.Tensor]:
        if step == STEPS // 2:
            raise KeyboardInterrupt
        return batch_of(step)

    learn(tmp_path / "whole")
    whole = (tmp_path / "whole" / FILE).read_bytes()
    told = read_budget(tmp_path / "whole")["training"]
    assert (told.steps, told.parameters) == (STEPS, n_parameters(network()))
    with pytest.raises(KeyboardInterrupt):
        learn(tmp_path / "stopped", stops)
    learn(tmp_path / "stopped")
    assert (tmp_path / "stopped" / FILE).read_bytes() == whole
    (tmp_path / "whole" / FILE).unlink()  # as after a fit by code that left no record
    learn(tmp_path / "whole")
    assert (tmp_path / "whole" / FILE).read_bytes() == whole


def test_a_plugin_that_learns_in_another_way_tells_by_a_call(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert read_budget(tmp_path) == {}
    record_budget(run, "statistics", parameters=4)
    record_budget(run, "trees", steps=3)
    record_budget(run, "statistics", parameters=5)
    told = read_budget(tmp_path)
    assert list(told.items()) == [
        ("statistics", StageBudget(parameters=5)),
        ("trees", StageBudget(steps=3)),
    ]
    with pytest.raises(PluginError, match=r"stage 'trees', steps = -1: .* greater than or equal"):
        record_budget(run, "trees", steps=-1)
    assert read_budget(tmp_path) == told


@pytest.mark.parametrize("text", ["", "{", '{"trees": {"step": 3}}', '[{"steps": 3}]'])
def test_a_damaged_record_is_named_and_told_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(TrainingError, match=rf"{FILE}: cannot be read .*delete it"):
        read_budget(tmp_path)
    record_budget(Run(tmp_path), "trees", steps=3)
    assert read_budget(tmp_path) == {"trees": StageBudget(steps=3)}
