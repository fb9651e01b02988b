"""LPIPS is its authors' formula on the registered weights, and nothing else."""

from __future__ import annotations

from pathlib import Path

import lpips
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from plugins.errors import BenchError, DataError
from plugins.perceptual import LPIPS, SMALLEST, TRUNKS, Net
from plugins.weights import Registry
from tests.plugins.small_weights import registry, trunk, written

NETS: tuple[Net, ...] = ("alex", "vgg", "squeeze")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[Net, LPIPS]:
    return {net: LPIPS(net, registry(tmp_path_factory.mktemp(net), net)) for net in NETS}


def drawn(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def convolved(state: dict[str, Tensor], x: Tensor, name: str, stride: int = 1) -> Tensor:
    weight = state[f"features.{name}.weight"]
    padding = {11: 2, 5: 2, 3: 1, 1: 0}[weight.shape[-1]]
    if name == "0" and weight.shape[-1] == 3 and stride == 2:
        padding = 0  # SqueezeNet's first
    bias = state[f"features.{name}.bias"]
    return F.relu(F.conv2d(x, weight, bias, stride, padding))


def fire(state: dict[str, Tensor], x: Tensor, name: str) -> Tensor:
    x = convolved(state, x, f"{name}.squeeze")
    return torch.cat([convolved(state, x, f"{name}.expand{k}") for k in ("1x1", "3x3")], 1)


def features(net: Net, state: dict[str, Tensor], x: Tensor) -> list[Tensor]:
    """The layers that the paper's appendix names, from the layers' definitions."""
    found = []
    if net == "alex":
        x = convolved(state, x, "0", 4)
        for name in ("3", "6", "8", "10"):
            found.append(x)
            x = F.max_pool2d(x, 3, 2) if name in ("3", "6") else x
            x = convolved(state, x, name)
        return [*found, x]
    if net == "vgg":
        for block in ("0 2", "5 7", "10 12 14", "17 19 21", "24 26 28"):
            x = F.max_pool2d(x, 2) if found else x
            for name in block.split():
                x = convolved(state, x, name)
            found.append(x)
        return found
    found.append(convolved(state, x, "0", 2))
    for block in ("3 4", "6 7", "9", "10", "11", "12"):
        x = found[-1]
        x = F.max_pool2d(x, 3, 2, ceil_mode=True) if block in ("3 4", "6 7", "9") else x
        for name in block.split():
            x = fire(state, x, name)
        found.append(x)
    return found


def formula(net: Net, state: dict[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
    """Equation 1, in float64, with the heads from the package's file."""
    state = {name: tensor.double() for name, tensor in state.items()}
    heads = torch.load(Path(lpips.__file__).parent / f"weights/v0.1/{net}.pth", map_location="cpu")
    mean = torch.tensor([0.485, 0.456, 0.406]).double()[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225]).double()[:, None, None]
    total = torch.zeros(len(a)).double()
    pictures = [(x.double().expand(-1, 3, -1, -1) - mean) / deviation for x in (a, b)]
    layers = [features(net, state, x) for x in pictures]
    for i, pair in enumerate(zip(*layers, strict=True)):
        one, two = (x / (x.pow(2).sum(1, keepdim=True).sqrt() + 1e-10) for x in pair)
        weight = heads[f"lin{i}.model.1.weight"].double().view(1, -1, 1, 1)
        total += ((one - two) ** 2 * weight).sum(1).mean((1, 2))
    return total


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_the_formula(models: dict[Net, LPIPS], net: Net, channels: int) -> None:
    a, b = drawn(2, channels, 48, 40), drawn(2, channels, 48, 40, seed=2)
    expected = formula(net, trunk(net), a, b)
    assert expected.min() > 1e-3
    torch.testing.assert_close(models[net](a, b).double(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("net", NETS)
def test_equal_images_give_0_and_the_smallest_size_works(
    models: dict[Net, LPIPS], net: Net
) -> None:
    side = SMALLEST[net]
    images = drawn(2, 1, side, side + 3)
    assert models[net](images, images).tolist() == [0, 0]
    assert models[net](images, 1 - images).min() > 0
    with pytest.raises(BenchError, match=f"{side - 1} x {side} pixels are too small for '{net}'"):
        models[net](drawn(1, 1, side - 1, side), drawn(1, 1, side - 1, side))


def test_clips_are_compared_frame_by_frame_without_frame_0(models: dict[Net, LPIPS]) -> None:
    made, real = drawn(2, 1, 4, 32, 32), drawn(2, 1, 4, 32, 32, seed=2)
    found = models["squeeze"].clips(made, real)
    assert found.shape == (2, 3)
    for clip in range(2):
        for frame in range(1, 4):
            pair = (x[clip : clip + 1, :, frame] for x in (made, real))
            assert found[clip, frame - 1] == pytest.approx(models["squeeze"](*pair).item(), 1e-4)
    changed = made.clone()
    changed[:, :, 0] = 0
    assert torch.equal(models["squeeze"].clips(changed, real), found)


def test_a_pair_does_not_depend_on_its_batch(models: dict[Net, LPIPS]) -> None:
    made, real = drawn(80, 1, 2, 32, 32), drawn(80, 1, 2, 32, 32, seed=2)
    together = models["squeeze"].clips(made, real)
    alone = torch.cat(
        [models["squeeze"].clips(made[i : i + 1], real[i : i + 1]) for i in range(80)]
    )
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-7)


def test_the_gradient_reaches_the_made_clip_and_no_weight(models: dict[Net, LPIPS]) -> None:
    made, real = drawn(1, 1, 3, 32, 32).requires_grad_(), drawn(1, 1, 3, 32, 32, seed=2)
    models["alex"].clips(made, real).mean().backward()
    assert made.grad is not None
    assert made.grad[:, :, 0].abs().max() == 0
    assert (made.grad[:, :, 1:].abs().amax((1, 3, 4)) > 0).all()
    assert not any(p.requires_grad or p.grad is not None for p in models["alex"].parameters())


def test_the_gradient_is_the_formulas(models: dict[Net, LPIPS]) -> None:
    made, real = drawn(2, 1, 32, 32).requires_grad_(), drawn(2, 1, 32, 32, seed=2)
    (found,) = torch.autograd.grad(models["squeeze"](made, real).sum(), made)
    exact = made.detach().double().requires_grad_()
    (expected,) = torch.autograd.grad(
        formula("squeeze", trunk("squeeze"), exact, real).sum(), exact
    )
    assert (found.double() - expected).norm() < 1e-3 * expected.norm()


def test_the_gradient_is_finite_where_no_feature_responds(tmp_path: Path) -> None:
    state = trunk("squeeze")
    state["features.0.bias"] -= 100.0
    known = Registry([written(tmp_path, "squeeze", state)], tmp_path, caches=())
    made = drawn(1, 1, 32, 32).requires_grad_()
    LPIPS("squeeze", known)(made, torch.zeros(1, 1, 32, 32)).sum().backward()
    assert made.grad is not None
    assert torch.isfinite(made.grad).all()


def test_training_mode_and_autocast_change_nothing(models: dict[Net, LPIPS]) -> None:
    a, b = drawn(2, 1, 32, 32), drawn(2, 1, 32, 32, seed=2)
    before = models["vgg"](a, b)
    torch.nn.ModuleList([models["vgg"]]).train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        after = models["vgg"](a, b)
    assert not any(module.training for module in models["vgg"].modules())
    assert after.dtype == torch.float32
    assert torch.equal(before, after)


def test_building_it_draws_no_random_number_and_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    known = registry(tmp_path, "alex")
    before = torch.get_rng_state()
    model = LPIPS("alex", known)
    assert torch.equal(torch.get_rng_state(), before)
    assert capfd.readouterr() == ("", "")
    assert not any(tensor.is_meta for tensor in model.state_dict().values())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda x: 2 * x - 1, r"in \[0, 1\]; they go from -"),
        (lambda x: 255 * x, r"in \[0, 1\]; they go from"),
        (lambda x: x.masked_fill(x > 0.5, float("nan")), "some are NaN"),
        (lambda x: x.masked_fill(x > 0.5, float("inf")), "to inf"),
    ],
)
def test_values_outside_the_range_are_refused(
    models: dict[Net, LPIPS], change: object, said: str
) -> None:
    images = drawn(1, 1, 32, 32)
    for pair in ((change(images), images), (images, change(images))):  # type: ignore[operator]
        with pytest.raises(BenchError, match=said):
            models["squeeze"](*pair)


def test_other_shapes_are_refused(models: dict[Net, LPIPS]) -> None:
    model = models["squeeze"]
    with pytest.raises(BenchError, match="C = 1 or 3"):
        model(drawn(1, 2, 32, 32), drawn(1, 2, 32, 32))
    with pytest.raises(BenchError, match="none of them 0"):
        model(drawn(0, 1, 32, 32), drawn(0, 1, 32, 32))
    with pytest.raises(BenchError, match="one frame only"):
        model.clips(drawn(1, 1, 1, 32, 32), drawn(1, 1, 1, 32, 32))


def test_without_its_weights_there_is_no_lpips(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'vgg16-imagenet'.*bench weights add vgg16-397923af\.pth"):
        LPIPS("vgg", Registry(folder=tmp_path, caches=()))
    state = trunk("squeeze")
    del state["features.12.squeeze.bias"]
    known = Registry([written(tmp_path, "squeeze", state)], tmp_path, caches=())
    with pytest.raises(DataError, match=r"no 'features\.12\.squeeze\.bias' of shape \(64,\)"):
        LPIPS("squeeze", known)


def test_the_published_value_on_the_real_weights() -> None:
    known = Registry()
    if known.find(TRUNKS["alex"]) is None:
        pytest.skip(f"{TRUNKS['alex']} is not registered")
    zeros = torch.zeros(1, 3, 64, 64)
    assert LPIPS("alex", known)(zeros, zeros + 1).item() == pytest.approx(0.81401, abs=1e-5)
