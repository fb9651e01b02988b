"""ActiveMLP written out in NumPy, float64, with the reference's names for its weights.

Frames, channels, branches and places are looped over; a sample is a sum
over the whole axis with the hat function, not a gather.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray

Weights = dict[str, ndarray]
erf = np.vectorize(math.erf)


def sampled(x: ndarray, offsets: ndarray, axis: int) -> ndarray:
    """x (T, H, W, C) at its own place plus offsets (T, H, W, G) along an axis; zero outside."""
    out = np.zeros_like(x)
    share = x.shape[3] // offsets.shape[3]
    for t, i, j in np.ndindex(*x.shape[:3]):
        for c in range(x.shape[3]):
            here = [t, i, j]
            place = here[axis] + offsets[t, i, j, c // share]
            for q in range(x.shape[axis]):
                here[axis] = q
                out[t, i, j, c] += max(0.0, 1 - abs(place - q)) * x[*here, c]
    return out


def norm(x: ndarray, at: str, w: Weights) -> ndarray:
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(var + 1e-5) * w[f"{at}.weight"] + w[f"{at}.bias"]


def linear(x: ndarray, at: str, w: Weights) -> ndarray:
    return x @ w[f"{at}.weight"].T + w.get(f"{at}.bias", 0)


def mlp(x: ndarray, at: str, w: Weights) -> ndarray:
    hidden = linear(x, f"{at}.fc1", w)
    return linear(hidden * 0.5 * (1 + erf(hidden / math.sqrt(2))), f"{at}.fc2", w)


def conv(x: ndarray, at: str, w: Weights, stride: int, pad: int) -> ndarray:
    """Every frame by itself: (T, H, W, C) to (T, h, w, C')."""
    kernel = w[f"{at}.weight"]
    n_out, _, k, _ = kernel.shape
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    height, width = ((side - k) // stride + 1 for side in x.shape[1:3])
    out = np.empty((len(x), height, width, n_out))
    for t, i, j in np.ndindex(len(x), height, width):
        window = x[t, stride * i : stride * i + k, stride * j : stride * j + k]
        for o in range(n_out):
            out[t, i, j, o] = (window * kernel[o].transpose(1, 2, 0)).sum() + w[f"{at}.bias"][o]
    return out


def positional(x: ndarray, at: str, w: Weights) -> ndarray:
    """x + a depthwise kernel of 3 x 3, or of 3 frames x 3 x 3."""
    kernel = w[f"{at}.weight"][:, 0]
    if kernel.ndim == 3:
        kernel = kernel[:, None] * np.array([0, 1, 0])[None, :, None, None]
    padded = np.pad(x, ((1, 1), (1, 1), (1, 1), (0, 0)))
    out = x + w[f"{at}.bias"]
    for c in range(x.shape[3]):
        for t, i, j in np.ndindex(*x.shape[:3]):
            out[t, i, j, c] += (padded[t : t + 3, i : i + 3, j : j + 3, c] * kernel[c]).sum()
    return out


def mixing(x: ndarray, offsets: list[ndarray], at: str, w: Weights) -> ndarray:
    """Offsets along width, height and, where the network mixes along time, time."""
    w = w | {f"{at}.atm_{a}.weight": np.squeeze(w[f"{at}.atm_{a}.weight"]) for a in "hw"}
    branches = [
        linear(sampled(x, offsets[0], 2), f"{at}.atm_w", w),
        linear(sampled(x, offsets[1], 1), f"{at}.atm_h", w),
        linear(x, f"{at}.atm_c", w),
    ]
    if len(offsets) == 3:
        branches.append(linear(sampled(x, offsets[2], 0), f"{at}.atm_t", w))
    out = np.empty_like(x)
    for t in range(len(x)):
        means = [branch[t].mean((0, 1)) for branch in branches]
        pooled = means[0] + means[1] + np.mean(means[2:], 0)
        logits = mlp(pooled, f"{at}.fusion", w)
        for c in range(x.shape[3]):
            share = np.exp(logits[len(branches) * c : len(branches) * (c + 1)])
            share /= share.sum()
            out[t, :, :, c] = sum(s * b[t, :, :, c] for s, b in zip(share, branches, strict=True))
    return linear(out, f"{at}.proj", w)


def features(frames: ndarray, w: Weights, interval: int) -> ndarray:
    """Frames (3, T, H, W) to the last stage's (C, T, h, w), by whatever weights there are."""
    x = conv(frames.transpose(1, 2, 3, 0), "patch_embed.proj", w, 4, 2)
    n_axes = 3 if any("atm_t" in name for name in w) else 2
    stages = sorted({int(name.split(".")[1]) for name in w if name.startswith("blocks.")})
    for s in stages:
        depth = 1 + max(int(n.split(".")[2]) for n in w if n.startswith(f"blocks.{s}."))
        for b in range(depth):
            at = f"blocks.{s}.{b}"
            if b % interval == 0 and b < depth - 1:
                x = positional(x, f"pos_blocks.{s}.proj", w)
                learned = linear(norm(x, f"{at}.offset_layer.0", w), f"{at}.offset_layer.1", w)
                offsets = np.split(learned, n_axes, axis=-1)
            x = x + mixing(norm(x, f"{at}.norm1", w), offsets, f"{at}.atm", w)
            x = x + mlp(norm(x, f"{at}.norm2", w), f"{at}.mlp", w)
        if s < stages[-1]:
            x = conv(x, f"{at}.downsample.proj", w, 2, 1)
    return norm(x, "norm", w).transpose(3, 0, 1, 2)
