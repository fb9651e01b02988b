"""I3D is the published network, and takes no weights but its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from metrics.video.i3d import I3D, MaxPool, Unit3D, same_pads
from metrics.video.i3d_keys import i3d_from
from plugins.errors import BenchError, DataError
from tests.metrics.video import plain_i3d

SMALL = (2, 1, 1)
"""An average pool for clips of 32 px."""


def clips(*shape: int, seed: int = 3) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize(
    ("classes", "window", "eps", "shape", "counters"),
    [
        (400, (2, 1, 1), 1e-3, (2, 3, 16, 32, 32), False),
        (400, (2, 1, 1), 1e-5, (1, 3, 23, 32, 32), True),
        (18, (4, 1, 1), 1e-5, (1, 3, 32, 32, 32), True),
        (18, (2, 2, 1), 1e-3, (1, 3, 15, 65, 41), False),
    ],
)
def test_equals_an_independent_implementation(
    classes: int,
    window: tuple[int, int, int],
    eps: float,
    shape: tuple[int, ...],
    counters: bool,
) -> None:
    table = plain_i3d.drawn(classes, counters=counters)
    model = i3d_from(table, "file", classes, window, eps)
    looked = clips(*shape)
    logits, pooled = plain_i3d.features(table, looked, window, eps)
    assert 0.1 < float(logits.std()) < 100
    assert float(pooled.std()) > 0.05
    for found, expected in ((model(looked), logits), (model.pooled(looked), pooled)):
        assert found.dtype == torch.float32
        scale = float(expected.abs().max())
        torch.testing.assert_close(found.double() / scale, expected / scale, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_equals_it_at_the_real_size() -> None:
    table = plain_i3d.drawn(400)
    model = i3d_from(table, "file", 400, (2, 7, 7), 1e-3)
    looked = clips(1, 3, 9, 224, 224)
    logits, pooled = plain_i3d.features(table, looked, (2, 7, 7), 1e-3)
    for found, expected in ((model(looked), logits), (model.pooled(looked), pooled)):
        scale = float(expected.abs().max())
        torch.testing.assert_close(found.double() / scale, expected / scale, rtol=0, atol=1e-5)


def test_epsilon_matters() -> None:
    table, looked = plain_i3d.drawn(18), clips(1, 3, 16, 32, 32)
    small, large = (i3d_from(table, "file", 18, SMALL, eps)(looked) for eps in (1e-5, 1e-3))
    assert float((small - large).norm() / small.norm()) > 0.01


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize(("kernel", "stride"), [(7, 2), (3, 2), (2, 2), (3, 1), (2, 1), (1, 1)])
def test_same_padding_is_tensorflows(kernel: int, stride: int) -> None:
    for size in range(1, 18):
        before, after = same_pads([size], [kernel], [stride])
        assert (before, after) == plain_i3d.same(size, kernel, stride)
        assert (size + before + after - kernel) // stride + 1 == -(-size // stride)
        if stride == 1:
            x = torch.arange(1.0, size + 1)[None, None]
            weight = torch.arange(1.0, kernel + 1)[None, None]
            ours = F.conv1d(F.pad(x, [before, after]), weight)
            assert torch.equal(ours, F.conv1d(x, weight, padding="same"))


def test_same_padding_is_uneven_and_in_the_order_of_torch() -> None:
    assert same_pads((16, 224, 15), (7, 7, 7), (2, 2, 2)) == [3, 3, 2, 3, 2, 3]


def test_pools_pad_as_if_with_nothing() -> None:
    x = clips(1, 2, 5, 6, 7).relu()
    for kernel, stride in (((1, 3, 3), (1, 2, 2)), ((3, 3, 3), (2, 2, 2)), ((3, 3, 3), (1, 1, 1))):
        assert torch.equal(MaxPool(kernel, stride)(x), plain_i3d.pool(x, kernel, stride))


def test_a_unit_leaves_its_input_alone() -> None:
    unit = Unit3D(3, 4, 3, 2).eval()
    before = clips(1, 3, 5, 6, 7)
    kept = before.clone()
    with torch.no_grad():
        assert float(unit(before).min()) == 0
    assert torch.equal(before, kept)


def test_it_cannot_be_trained_by_accident() -> None:
    model = i3d_from(plain_i3d.drawn(18), "file", 18, SMALL, 1e-3)
    looked = clips(2, 3, 16, 32, 32)
    before = model(looked)
    model.train()
    assert not any(p.requires_grad for p in model.parameters())
    assert torch.equal(model(looked), before)


def test_clips_that_are_too_small_are_refused() -> None:
    model = i3d_from(plain_i3d.drawn(18), "file", 18, (2, 2, 1), 1e-3)
    assert model.smallest == (9, 33, 1)
    model(clips(1, 3, 9, 33, 1))
    for shape in ((1, 3, 8, 33, 32), (1, 3, 9, 32, 32)):
        with pytest.raises(BenchError, match="it needs at least 9 frames of 33 x 1 pixels"):
            model(clips(*shape))
    with torch.device("meta"):
        assert I3D().smallest == (9, 193, 193)
        assert I3D(18, (4, 7, 7)).smallest == (25, 193, 193)


def without(table: dict[str, Tensor]) -> None:
    del table["Mixed_4d.b2b.bn.running_var"]


def reshaped(table: dict[str, Tensor]) -> None:
    table["Mixed_3c.b1b.conv3d.weight"] = torch.zeros(192, 128, 1, 3, 3)


def broken(table: dict[str, Tensor]) -> None:
    table["logits.conv3d.bias"][3] = float("nan")


def counted(table: dict[str, Tensor]) -> None:
    table["Conv3d_2b_1x1.bn.bias"] = torch.zeros(64, dtype=torch.long)


def added(table: dict[str, Tensor]) -> None:
    table["Conv3d_1a_7x7.conv3d.bias"] = torch.zeros(64)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without, "not an I3D of 18 classes: 'Mixed_4d.b2b.bn.running_var' is missing"),
        (
            reshaped,
            r"'Mixed_3c.b1b.conv3d.weight' has shape \(192, 128, 1, 3, 3\), "
            r"not \(192, 128, 3, 3, 3\)",
        ),
        (broken, "'logits.conv3d.bias' holds values that are not finite numbers"),
        (counted, "'Conv3d_2b_1x1.bn.bias' holds values that are not finite numbers"),
        (added, "it has no 'Conv3d_1a_7x7.conv3d.bias'"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    change: Callable[[dict[str, Tensor]], None], said: str
) -> None:
    table = plain_i3d.drawn(18)
    change(table)
    with pytest.raises(DataError, match=f"^there.pt: .*{said}.*bench weights add"):
        i3d_from(table, "there.pt", 18, (2, 7, 7), 1e-3)


def test_a_network_of_other_classes_is_refused() -> None:
    with pytest.raises(DataError, match=r"'logits.conv3d.weight' has shape \(18, 1024, 1, 1, 1\)"):
        i3d_from(plain_i3d.drawn(18), "there.pt", 400, (2, 7, 7), 1e-3)
