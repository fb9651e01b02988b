"""TDN against itself written out in NumPy: loops over channels, frames and windows, float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy import ndarray
from torch import nn

from classifiers.learned_shift import LearnedShift
from classifiers.tdn_backbone import ResNetTDN
from classifiers.tdn_long_term import LongTermDifference

Weights = dict[str, ndarray]


def drawn(model: nn.Module, seed: int = 0) -> Weights:
    """Random weights, statistics and biases, so that no term is absent; and what they are."""
    generator = torch.Generator().manual_seed(seed)
    model.double().eval()
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            noise = torch.randn(tensor.shape, generator=generator, dtype=torch.double)
            scale = tensor[0].numel() ** -0.5 if tensor.dim() > 1 else 0.3
            centre = 1.0 if name.endswith("running_var") else 0.2
            tensor.copy_((centre + scale * noise).abs() if centre == 1 else scale * noise)
            if tensor.dim() == 1 and name.endswith("weight"):
                tensor.add_(1)
    return {name: tensor.numpy().copy() for name, tensor in model.state_dict().items()}


def conv(x: ndarray, at: str, w: Weights, stride: int = 1, pad: int = 0) -> ndarray:
    """(M, C, H, W); a kernel of fewer channels than x has works on each by itself."""
    kernel, bias = w[f"{at}.weight"], w.get(f"{at}.bias", np.zeros(1024))
    n_out, n_in, k, _ = kernel.shape
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    height, width = ((side - k) // stride + 1 for side in x.shape[2:])
    out = np.zeros((len(x), n_out, height, width))
    for o in range(n_out):
        seen = x[:, o : o + 1] if n_in < x.shape[1] else x
        for i in range(k):
            for j in range(k):
                rows = slice(i, i + stride * (height - 1) + 1, stride)
                columns = slice(j, j + stride * (width - 1) + 1, stride)
                for c in range(n_in):
                    out[:, o] += kernel[o, c, i, j] * seen[:, c, rows, columns]
        out[:, o] += bias[o]
    return out


def norm(x: ndarray, at: str, w: Weights, training: bool = False) -> ndarray:
    out = np.empty_like(x)
    for c in range(x.shape[1]):
        mean, var = w[f"{at}.running_mean"][c], w[f"{at}.running_var"][c]
        if training:
            n = x[:, c].size
            w[f"{at}.running_mean"][c] = 0.9 * mean + 0.1 * x[:, c].mean()
            w[f"{at}.running_var"][c] = 0.9 * var + 0.1 * x[:, c].var() * n / (n - 1)
            mean, var = x[:, c].mean(), x[:, c].var()
        scaled = (x[:, c] - mean) / np.sqrt(var + 1e-5)
        out[:, c] = w[f"{at}.weight"][c] * scaled + w[f"{at}.bias"][c]
    return out


def halved(x: ndarray) -> ndarray:
    for axis in (2, 3):
        if x.shape[axis] > 1:
            first = x.take(range(0, x.shape[axis] - 1, 2), axis)
            x = (first + x.take(range(1, x.shape[axis], 2), axis)) / 2
    return x


def nearest(x: ndarray, like: ndarray) -> ndarray:
    rows = [i * x.shape[2] // like.shape[2] for i in range(like.shape[2])]
    columns = [j * x.shape[3] // like.shape[3] for j in range(like.shape[3])]
    return x[:, :, rows][:, :, :, columns]


def max_pool(x: ndarray) -> ndarray:
    x = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    height, width = (x.shape[2] - 1) // 2, (x.shape[3] - 1) // 2
    out = np.empty((*x.shape[:2], height, width))
    for i in range(height):
        for j in range(width):
            out[:, :, i, j] = x[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3].max(axis=(2, 3))
    return out


def relu(x: ndarray) -> ndarray:
    return np.where(x > 0, x, 0)


def shift(x: ndarray, at: str, w: Weights, n_segments: int) -> ndarray:
    out = np.zeros_like(x)
    for m in range(len(x)):
        t = m % n_segments
        for c in range(x.shape[1]):
            for k in (-1, 0, 1):
                if 0 <= t + k < n_segments:
                    out[m, c] += w[f"{at}weight"][c, 0, k + 1] * x[m + k, c]
    return out


def long_term(x: ndarray, at: str, w: Weights, n_segments: int, training: bool = False) -> ndarray:
    few = norm(conv(x, f"{at}squeeze.0", w), f"{at}squeeze.1", w, training)
    smooth = conv(few, f"{at}smooth", w, pad=1)
    y = np.zeros_like(x)
    for step in (1, -1):
        d = np.zeros_like(few)
        for m in range(len(x)):
            if 0 <= m % n_segments + step < n_segments:
                d[m] = smooth[m + step] - few[m]
        coarse = norm(conv(halved(d), f"{at}coarse.0", w, pad=1), f"{at}coarse.1", w, training)
        fine = norm(conv(d, f"{at}fine.0", w, pad=1), f"{at}fine.1", w, training)
        views = d / 3 + nearest(coarse, d) / 3 + fine / 3
        z = norm(conv(views, f"{at}expand.0", w), f"{at}expand.1", w, training)
        y += 0.5 * (1 / (1 + np.exp(-z)) - 0.5)
    return x + x * y


def block(x: ndarray, at: str, w: Weights, stride: int, n_segments: int) -> ndarray:
    deep = f"{at}conv3.weight" in w
    first = {"stride": 1 if deep else stride, "pad": 0 if deep else 1}
    out = relu(norm(conv(x, f"{at}conv1", w, **first), f"{at}bn1", w))
    if f"{at}temporal.shift.weight" in w:
        out = long_term(out, f"{at}temporal.long_term.", w, n_segments)
        out = shift(out, f"{at}temporal.shift.", w, n_segments)
    out = conv(out, f"{at}conv2", w, stride=stride if deep else 1, pad=1)
    out = norm(out, f"{at}bn2", w)
    if deep:
        out = norm(conv(relu(out), f"{at}conv3", w), f"{at}bn3", w)
    if f"{at}downsample.0.weight" in w:
        x = norm(conv(x, f"{at}downsample.0", w, stride=stride), f"{at}downsample.1", w)
    return relu(out + x)


def layer(x: ndarray, at: str, w: Weights, n: int, stride: int, n_segments: int) -> ndarray:
    for i in range(n):
        x = block(x, f"{at}.{i}.", w, stride if i == 0 else 1, n_segments)
    return x


def network(
    frames: ndarray, w: Weights, blocks: list[int], n_segments: int, share: float
) -> ndarray:
    middle, changes = [], []
    for first in range(0, len(frames), 5):
        middle.append(frames[first + 2])
        steps = [frames[first + i + 1] - frames[first + i] for i in range(4)]
        changes.append(np.concatenate(steps))
    d = conv(halved(np.stack(changes)), "short_term.conv", w, stride=2, pad=3)
    d = max_pool(relu(norm(d, "short_term.bn", w)))
    x = max_pool(relu(norm(conv(np.stack(middle), "conv1", w, stride=2, pad=3), "bn1", w)))
    x = (1 - share) * x + share * nearest(d, x)
    d = layer(d, "short_term.layer1", w, blocks[0], 1, n_segments)
    x = layer(x, "layer1", w, blocks[0], 1, n_segments)
    x = (1 - share) * x + share * nearest(d, x)
    for i in (2, 3, 4):
        x = layer(x, f"layer{i}", w, blocks[i - 1], 2, n_segments)
    return x


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("size", [(4, 6), (5, 7), (1, 3)])
def test_long_term(size: tuple[int, int], training: bool) -> None:
    module = LongTermDifference(32, n_segments=3)
    weights = drawn(module)
    module.train(training)
    x = torch.randn(6, 32, *size, dtype=torch.double)
    with torch.no_grad():
        out = module(x)
    np.testing.assert_allclose(out, long_term(x.numpy(), "", weights, 3, training), atol=1e-12)
    for name, tensor in module.state_dict().items():
        if "running" in name:  # each direction is one step of the running statistics
            np.testing.assert_allclose(tensor, weights[name], atol=1e-12, err_msg=name)


def test_learned_shift() -> None:
    module = LearnedShift(16, n_segments=4)
    weights = drawn(module)
    x = torch.randn(8, 16, 3, 2, dtype=torch.double)
    with torch.no_grad():
        np.testing.assert_allclose(module(x), shift(x.numpy(), "", weights, 4), atol=1e-13)


@pytest.mark.parametrize(("depth", "blocks"), [(18, [2, 2, 2, 2]), (50, [3, 4, 6, 3])])
def test_network(depth: int, blocks: list[int]) -> None:
    model = ResNetTDN(depth, width=8, num_segments=3, difference_share=0.25)
    weights = drawn(model)
    frames = torch.randn(2 * 3 * 5, 3, 40, 56, dtype=torch.double)
    with torch.no_grad():
        out = model(frames).numpy()
    due = network(frames.numpy(), weights, blocks, 3, 0.25)
    assert out.shape == due.shape == (6, (64 if depth == 18 else 256), 2, 2)
    np.testing.assert_allclose(out, due, rtol=1e-9, atol=1e-9 * np.abs(due).max())
    assert np.abs(due).std() > 0
