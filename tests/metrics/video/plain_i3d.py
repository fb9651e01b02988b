"""I3D once more, for the tests: from the definitions alone, and a weight table drawn from a seed.

No modules and no shared code: a table of tensors, TensorFlow's padding SAME
by its formula with pools padded by minus infinity, batch normalization
written out, logits per time step and then their mean. In float64.
"""

from __future__ import annotations

from functools import cache
from math import ceil, inf

import torch
from torch import Tensor
from torch.nn import functional as F

INPUTS = {"3b": 192, "3c": 256, "4b": 480, "4c": 512, "4d": 512, "4e": 512, "4f": 528}
INPUTS |= {"5b": 832, "5c": 832}
WIDTHS = {
    "3b": "64 96 128 16 32 32",
    "3c": "128 128 192 32 96 64",
    "4b": "192 96 208 16 48 64",
    "4c": "160 112 224 24 64 64",
    "4d": "128 128 256 24 64 64",
    "4e": "112 144 288 32 64 64",
    "4f": "256 160 320 32 128 128",
    "5b": "256 160 320 32 128 128",
    "5c": "384 192 384 48 128 128",
}
"""Table 1 of "Going deeper with convolutions" (Szegedy et al., CVPR 2015); its 3a is 3b here."""


def shapes(classes: int, *, counters: bool = False) -> dict[str, tuple[int, ...]]:
    """Names and shapes as in the public files."""
    units = {
        "Conv3d_1a_7x7": (64, 3, 7, 7, 7),
        "Conv3d_2b_1x1": (64, 64, 1, 1, 1),
        "Conv3d_2c_3x3": (192, 64, 3, 3, 3),
    }
    for block, entering in INPUTS.items():
        one, three_in, three, pool_in, pooled, after = map(int, WIDTHS[block].split())
        units |= {
            f"Mixed_{block}.b0": (one, entering, 1, 1, 1),
            f"Mixed_{block}.b1a": (three_in, entering, 1, 1, 1),
            f"Mixed_{block}.b1b": (three, three_in, 3, 3, 3),
            f"Mixed_{block}.b2a": (pool_in, entering, 1, 1, 1),
            f"Mixed_{block}.b2b": (pooled, pool_in, 3, 3, 3),
            f"Mixed_{block}.b3b": (after, entering, 1, 1, 1),
        }
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in units.items():
        found[f"{name}.conv3d.weight"] = shape
        for part in ("weight", "bias", "running_mean", "running_var"):
            found[f"{name}.bn.{part}"] = shape[:1]
        if counters:
            found[f"{name}.bn.num_batches_tracked"] = ()
    found["logits.conv3d.weight"] = (classes, 1024, 1, 1, 1)
    found["logits.conv3d.bias"] = (classes,)
    return found


def drawn(classes: int, *, counters: bool = False, seed: int = 0) -> dict[str, Tensor]:
    """Weights under which values neither die out nor explode; variances far from 1 and small."""
    return {name: tensor.clone() for name, tensor in _drawn(classes, counters, seed).items()}


@cache
def _drawn(classes: int, counters: bool, seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    table = {}
    for name, shape in shapes(classes, counters=counters).items():
        noise = torch.randn(shape, generator=generator)
        if name.endswith("num_batches_tracked"):
            table[name] = torch.tensor(7)
        elif name.endswith("conv3d.weight"):
            # Of variance 0.01 after it, where an epsilon of 1e-3 tells from 1e-5.
            table[name] = noise * 0.1 * (2 / noise[0].numel()) ** 0.5
        elif name.endswith("running_var"):
            table[name] = 0.01 * (1 + 0.5 * noise.tanh())
        elif name.endswith("bn.weight"):
            table[name] = 1 + 0.1 * noise
        else:
            table[name] = 0.05 * noise
    return table


def same(n: int, kernel: int, stride: int) -> tuple[int, int]:
    """Padding SAME of one axis, before and after (tf.nn, "Notes on padding")."""
    total = max(kernel - stride, 0) if n % stride == 0 else max(kernel - n % stride, 0)
    return total // 2, total - total // 2


def padded(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...], value: float) -> Tensor:
    for axis in range(3):
        before, after = same(x.shape[2 + axis], kernel[axis], stride[axis])
        for count, front in ((before, True), (after, False)):
            rim = list(x.shape)
            rim[2 + axis] = count
            edge = x.new_full(rim, value)
            x = torch.cat([edge, x] if front else [x, edge], 2 + axis)
    return x


def pool(x: Tensor, kernel: tuple[int, int, int], stride: tuple[int, int, int]) -> Tensor:
    x = padded(x, kernel, stride, -inf)
    for axis in range(3):
        x = x.unfold(2 + axis, kernel[axis], stride[axis])
    return x.amax((-3, -2, -1))


def features(
    table: dict[str, Tensor], clips: Tensor, window: tuple[int, int, int], eps: float
) -> tuple[Tensor, Tensor]:
    """Logits (B, K), mean over time, and pooled features (B, 1024), mean over time."""
    table = {name: tensor.double() for name, tensor in table.items()}

    def unit(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = table[f"{name}.conv3d.weight"]
        x = padded(x, tuple(weight.shape[2:]), (stride,) * 3, 0.0)
        x = F.conv3d(x, weight, stride=stride)
        gain, shift, mean, variance = (
            table[f"{name}.bn.{part}"][:, None, None, None]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return ((x - mean) / (variance + eps).sqrt() * gain + shift).clamp(min=0)

    def mixed(x: Tensor, block: str) -> Tensor:
        name = f"Mixed_{block}"
        return torch.cat(
            [
                unit(x, f"{name}.b0"),
                unit(unit(x, f"{name}.b1a"), f"{name}.b1b"),
                unit(unit(x, f"{name}.b2a"), f"{name}.b2b"),
                unit(pool(x, (3, 3, 3), (1, 1, 1)), f"{name}.b3b"),
            ],
            1,
        )

    x = unit(clips.double(), "Conv3d_1a_7x7", 2)
    x = pool(x, (1, 3, 3), (1, 2, 2))
    x = unit(unit(x, "Conv3d_2b_1x1"), "Conv3d_2c_3x3")
    x = pool(x, (1, 3, 3), (1, 2, 2))
    x = mixed(mixed(x, "3b"), "3c")
    x = pool(x, (3, 3, 3), (2, 2, 2))
    for block in ("4b", "4c", "4d", "4e", "4f"):
        x = mixed(x, block)
    x = pool(x, (2, 2, 2), (2, 2, 2))
    x = mixed(mixed(x, "5b"), "5c")
    assert list(x.shape[2:]) == [
        ceil(n / s) for n, s in zip(clips.shape[2:], (8, 32, 32), strict=True)
    ]
    for axis in range(3):
        x = x.unfold(2 + axis, window[axis], 1)
    x = x.mean((-3, -2, -1))  # (B, 1024, T', H', W')
    weight, bias = table["logits.conv3d.weight"][:, :, 0, 0, 0], table["logits.conv3d.bias"]
    logits = torch.einsum("kc,bcthw->bkthw", weight, x) + bias[:, None, None, None]
    return logits.mean((2, 3, 4)), x.mean((2, 3, 4))
