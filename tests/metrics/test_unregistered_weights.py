"""Without its weights a metric has no figure; with the real ones it has the published one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from metrics.diversity import LPIPSDiversity, VGGDiversity
from metrics.lpips import LPIPS
from plugins import BenchError, DataError, Metric
from plugins.weights import Registry
from tests.metrics.drawn_weights import nothing_registered
from tests.metrics.support import figure, noise


@pytest.mark.parametrize(
    ("metric", "file"),
    [
        (LPIPS(), "alexnet-owt-7be5be79"),
        (LPIPS(net="vgg"), "vgg16-397923af"),
        (VGGDiversity(), "vgg16-397923af"),
        (LPIPSDiversity(net="squeeze"), "squeezenet1_1-b8a52dc0"),
    ],
    ids=repr,
)
def test_it_says_what_to_add_and_gives_no_number(metric: Metric, file: str, tmp_path: Path) -> None:
    clips = noise(2, t=3, size=32)
    offered = {"real": clips, "generated": clips, "samples": torch.stack([clips, clips], 1)}
    patch = nothing_registered(tmp_path)
    try:
        with pytest.raises(DataError, match=f"not registered.*bench weights add {file}.pth") as no:
            figure(metric, **{name: offered[name] for name in metric.reads})
    finally:
        patch.undo()
    assert f"'{metric.weights[0]}'" in str(no.value)
    with pytest.raises(BenchError, match="no clips"):
        metric.compute()


def test_the_published_lpips_on_the_real_weights() -> None:
    (file,) = LPIPS.weights
    if Registry().find(file) is None:
        pytest.skip(f"{file} is not registered")
    zeros = torch.zeros(2, 3, 2, 64, 64)
    value = figure(LPIPS(), real=zeros, generated=zeros + 1)
    assert value == pytest.approx(0.81401, abs=1e-5)
    both = torch.stack([zeros, zeros + 1], 1)
    assert figure(LPIPSDiversity(), samples=both) == pytest.approx(value, abs=1e-6)
