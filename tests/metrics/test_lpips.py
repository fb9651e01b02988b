"""The metric LPIPS is the mean over frames and videos of `plugins.perceptual`'s."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from metrics.lpips import LPIPS, bench_metrics
from plugins import BenchError, perceptual
from plugins.perceptual import TRUNKS, Net
from tests.metrics.drawn_weights import registered
from tests.metrics.support import figure, noise, translating
from tests.plugins.small_weights import registry

CLIPS = noise(2, t=3, size=32)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    patch = registered(tmp_path_factory.mktemp("weights"), "alex", "squeeze")
    yield
    patch.undo()


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize("net", ["alex", "squeeze"])
@pytest.mark.parametrize("c", [1, 3])
def test_equals_the_loop_over_frames(net: Net, c: int, tmp_path: Path) -> None:
    real, generated = noise(3, c, t=4, size=40), noise(3, c, t=4, size=40, seed=1)
    network = perceptual.LPIPS(net, registry(tmp_path, net))
    frames = [
        network(generated[i : i + 1, :, t], real[i : i + 1, :, t]).item()
        for i in range(3)
        for t in range(1, 4)
    ]
    value = figure(LPIPS(net=net), real=real, generated=generated)
    assert value == pytest.approx(np.mean(frames), rel=1e-5)
    assert value > 0.01


@pytest.mark.usefixtures("weights")
def test_equal_clips_are_0_and_it_rises_with_noise() -> None:
    real, error = translating(0.5), noise(2, t=5, size=64)
    metric = LPIPS()
    values = [
        figure(metric, real=real, generated=torch.lerp(real, error, strength))
        for strength in (0, 0.1, 0.2, 0.4)
    ]
    assert values[0] == 0
    assert values == sorted(values)
    assert values[0] < values[1]


@pytest.mark.usefixtures("weights")
def test_frame_0_is_skipped_and_frames_are_aligned() -> None:
    real, generated = noise(2, t=4, size=32), noise(2, t=4, size=32, seed=1)
    metric = LPIPS()
    before = figure(metric, real=real, generated=generated)
    generated[:, :, 0] = real[:, :, 0]
    assert figure(metric, real=real, generated=generated) == before
    shifted = real.clone()
    shifted[:, :, 1:] = real[:, :, :-1]  # one frame late, the fault of a reference
    assert figure(metric, real=real, generated=shifted) > 0.01


@pytest.mark.usefixtures("weights")
def test_batches_order_and_several_samples() -> None:
    real, samples = noise(5, t=3, size=32), [noise(5, t=3, size=32, seed=s) for s in (1, 2)]
    metric = LPIPS()
    whole = [figure(metric, real=real, generated=sample) for sample in samples]
    order = torch.tensor([3, 0, 4, 1, 2])
    metric.reset()
    for sample in samples:
        for rows in order.split([2, 1, 2]):
            metric.update(real=real[rows], generated=sample[rows])
    assert metric.compute() == pytest.approx(np.mean(whole), rel=1e-5)


@pytest.mark.usefixtures("weights")
def test_the_network_is_loaded_once_and_late(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    plain = perceptual.LPIPS

    def counted(net: Net, **options: bool) -> perceptual.LPIPS:
        loaded.append(net)
        return plain(net, **options)

    metric = LPIPS(net="squeeze")
    monkeypatch.setattr(perceptual, "LPIPS", counted)
    for _ in range(3):
        figure(metric, real=CLIPS, generated=CLIPS)
    assert loaded == ["squeeze"]


@pytest.mark.usefixtures("unchecked_shapes", "weights")
@pytest.mark.parametrize(
    ("real", "generated", "message"),
    [
        (CLIPS, 2 * CLIPS - 1, r"generated clips: values from -.*; expected \[0, 1\]"),
        (CLIPS * 255, CLIPS, r"real clips: values from .*; expected \[0, 1\]"),
        (CLIPS, CLIPS / 0, "generated clips: some values are NaN or infinite"),
        (CLIPS, CLIPS.byte(), "got uint8"),
        (CLIPS, CLIPS[:1], "differ in shape"),
        (CLIPS, CLIPS[:, :, :2], "differ in shape"),
        (CLIPS[:, :, :1], CLIPS[:, :, :1], "one frame only"),
        (CLIPS[..., :30], CLIPS[..., :30], "32 x 30 pixels are too small for 'alex'"),
    ],
)
def test_refuses(real: Tensor, generated: Tensor, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        figure(LPIPS(), real=real, generated=generated)


def test_what_the_tables_need() -> None:
    assert bench_metrics() == [LPIPS]
    assert (LPIPS.title, LPIPS.weights) == ("LPIPS (alex)", ("alexnet-imagenet",))
    assert (LPIPS.reads, LPIPS.direction, LPIPS.unit) == (("real", "generated"), "lower", "")
    assert LPIPS.paired
    for net, file in TRUNKS.items():
        chosen = LPIPS.configure({}, "metrics", net)
        assert (chosen.title, chosen.weights) == (f"LPIPS ({net})", (file,))
        assert chosen.parameters() == {"net": net}
