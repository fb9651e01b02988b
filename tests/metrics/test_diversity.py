"""DIV is the mean distance over ordered pairs of different samples, by every network."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

import metrics.diversity
import metrics.vgg
from metrics.diversity import LPIPSDiversity, PixelDiversity, VGGDiversity, bench_metrics
from metrics.vgg import VGG16
from plugins import BenchError, Metric, perceptual
from plugins.perceptual import TRUNKS
from tests.metrics.drawn_weights import registered
from tests.metrics.support import figure, noise

NAMES = ["div-pixel", "div-vgg", "div-lpips"]


@pytest.fixture(scope="module")
def by_name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Metric]]:
    """Each metric, on drawn weights; frames are resized to 32 pixels, not 224, to be fast."""
    patch = registered(tmp_path_factory.mktemp("weights"), "vgg", "squeeze")
    patch.setattr(metrics.vgg, "SIZE", 32)
    patch.setattr(metrics.diversity, "AT_ONCE", 2)
    made = (PixelDiversity(), VGGDiversity(), LPIPSDiversity(net="squeeze"))
    yield {metric.name: metric for metric in made}
    patch.undo()


def drawn(b: int = 2, s: int = 3, c: int = 1, t: int = 4, size: int = 32, seed: int = 0) -> Tensor:
    """S samples of each of B images; frame 0 is the image."""
    samples = noise(b * s, c, t, size, seed).unflatten(0, (b, s))
    samples[:, :, :, 0] = samples[:, :1, :, 0]
    return samples


def mean_over_pairs(samples: Tensor, distance: Callable[[Tensor, Tensor], float]) -> list[float]:
    """Per image, the mean over ordered pairs of different samples and frames from 1 on."""
    n, frames = range(samples.shape[1]), range(1, samples.shape[3])
    return [
        float(
            np.mean(
                [
                    distance(image[i, :, t][None], image[j, :, t][None])
                    for i in n
                    for j in n
                    for t in frames
                    if i != j
                ]
            )
        )
        for image in samples
    ]


@pytest.mark.parametrize("s", [2, 5])
def test_pixels_equal_the_loop_over_pairs(s: int) -> None:
    samples = drawn(b=3, s=s, c=3)
    squared = mean_over_pairs(samples, lambda a, b: float((a - b).double().square().mean()))
    expected = 255 * np.mean(np.sqrt(squared))
    assert figure(PixelDiversity(), samples=samples) == pytest.approx(expected, rel=1e-5)


def test_vgg_equals_the_loop_over_pairs(by_name: dict[str, Metric]) -> None:
    samples, network = drawn(), VGG16()

    def distance(a: Tensor, b: Tensor) -> float:
        layers = zip(network(a), network(b), strict=True)
        return float(np.mean([float((x - y).double().square().mean()) for x, y in layers]))

    expected = np.mean(mean_over_pairs(samples, distance))
    assert figure(by_name["div-vgg"], samples=samples) == pytest.approx(expected, rel=1e-4)


def test_lpips_equals_the_loop_over_pairs(by_name: dict[str, Metric]) -> None:
    samples, network = drawn(), perceptual.LPIPS("squeeze")
    expected = np.mean(mean_over_pairs(samples, lambda a, b: network(a, b).item()))
    assert figure(by_name["div-lpips"], samples=samples) == pytest.approx(expected, rel=1e-4)


def test_pixels_of_constant_differences() -> None:
    # Three samples at 0, d and 2d: of six ordered pairs four are d apart and two 2d.
    d = 30 / 255
    samples = 0.1 + d * torch.arange(3.0).view(1, 3, 1, 1, 1, 1).expand(4, 3, 1, 5, 8, 8)
    value = figure(PixelDiversity(), samples=samples)
    assert value == pytest.approx(30 * np.sqrt((4 * 1 + 2 * 4) / 6), rel=1e-5)


def test_pixels_of_black_and_white_are_255_apart() -> None:
    samples = torch.stack([torch.zeros(1, 1, 2, 4, 4), torch.ones(1, 1, 2, 4, 4)], 1)
    assert figure(PixelDiversity(), samples=samples) == pytest.approx(255)


def test_more_samples_do_not_bias_it() -> None:
    many = drawn(b=40, s=8, t=2, size=16)
    few = figure(PixelDiversity(), samples=many[:, :2])
    assert figure(PixelDiversity(), samples=many) == pytest.approx(few, rel=0.01)
    assert few == pytest.approx(255 * np.sqrt(2 / 12), rel=0.01)  # of uniform noise


@pytest.mark.parametrize("name", NAMES)
def test_equal_samples_are_0_and_it_rises_with_what_tells_them_apart(
    by_name: dict[str, Metric], name: str
) -> None:
    samples = drawn(b=1)
    same = samples[:, :1].expand_as(samples)
    values = [
        figure(by_name[name], samples=torch.lerp(same, samples, strength))
        for strength in (0, 0.1, 0.3, 1)
    ]
    assert values[0] == 0
    assert values[1] > 0
    assert values == sorted(values)


@pytest.mark.parametrize("name", NAMES)
def test_frame_0_is_skipped(by_name: dict[str, Metric], name: str) -> None:
    samples = drawn(b=1)
    before = figure(by_name[name], samples=samples)
    samples[:, :, :, 0] = torch.rand_like(samples[:, :, :, 0])
    assert figure(by_name[name], samples=samples) == before


@pytest.mark.parametrize("name", NAMES)
def test_order_of_images_samples_and_frames_and_batches_do_not_matter(
    by_name: dict[str, Metric], name: str
) -> None:
    metric, samples = by_name[name], drawn(b=3)
    whole = figure(metric, samples=samples)
    turned = samples[[2, 0, 1]][:, [1, 2, 0]][:, :, :, [0, 3, 1, 2]]
    metric.reset()
    for batch in turned.split([1, 2]):
        metric.update(samples=batch)
    assert metric.compute() == pytest.approx(whole, rel=1e-5)


def test_how_many_frames_are_looked_at_together_does_not_matter(
    by_name: dict[str, Metric], monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = drawn(b=1, t=6)
    values = []
    for at_once in (1, 2, 3, 100):
        monkeypatch.setattr(metrics.diversity, "AT_ONCE", at_once)
        values.append(figure(by_name["div-vgg"], samples=samples))
    assert values == pytest.approx([values[0]] * 4, rel=1e-5)


GOOD = drawn(b=2, s=2)


@pytest.mark.usefixtures("unchecked_shapes")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (GOOD[:, :1], "one sample of each image.*set synthesis.per_test_video to 2 or more"),
        (GOOD[:, 0], r"expected samples \(B, S, C, T, H, W\).*got \(2, 1, 4, 32, 32\)"),
        (GOOD[:0], "none of them 0"),
        (2 * GOOD - 1, r"sampled clips: values from -.*; expected \[0, 1\]"),
        (GOOD * 255, r"sampled clips: values from .*; expected \[0, 1\]"),
        (GOOD * float("nan"), "sampled clips: some values are NaN"),
        (GOOD.byte(), "got uint8"),
        (GOOD[:, :, :, :1], "one frame only"),
        (GOOD.repeat(1, 1, 2, 1, 1, 1), "2 channels"),
    ],
)
def test_refuses(by_name: dict[str, Metric], name: str, samples: Tensor, message: str) -> None:
    with pytest.raises(BenchError, match=message) as refusal:
        figure(by_name[name], samples=samples)
    assert f"metric '{name}'" in str(refusal.value)
    with pytest.raises(BenchError, match="no clips"):
        by_name[name].compute()


def test_what_the_tables_need() -> None:
    offered = {metric.name: metric for metric in bench_metrics()}
    assert list(offered) == NAMES
    assert [m.title for m in offered.values()] == ["DIV (pixels)", "DIV (VGG)", "DIV (LPIPS alex)"]
    assert [m.weights for m in offered.values()] == [(), (TRUNKS["vgg"],), (TRUNKS["alex"],)]
    for metric in offered.values():
        assert (metric.reads, metric.direction, metric.paired) == (("samples",), "higher", True)
    chosen = LPIPSDiversity.configure({}, "metrics", "vgg")
    assert (chosen.title, chosen.weights) == ("DIV (LPIPS vgg)", (TRUNKS["vgg"],))
