"""The running variance is the mean over all pairs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from metrics.pairs import mean_squared_distance


def features(s: int, seed: int = 0) -> list[list[Tensor]]:
    """Of S samples, two layers of unlike shape and scale."""
    generator = torch.Generator().manual_seed(seed)
    shapes = (((3, 4, 5), 1.0), ((7,), 10.0))
    return [
        [3 + scale * torch.randn(shape, generator=generator) for shape, scale in shapes]
        for _ in range(s)
    ]


def over_pairs(samples: list[list[Tensor]]) -> float:
    """The definition, written out in float64."""
    layers = []
    for layer in range(len(samples[0])):
        f = [sample[layer].double().numpy() for sample in samples]
        n = range(len(f))
        layers.append(np.mean([np.mean((f[i] - f[j]) ** 2) for i in n for j in n if i != j]))
    return float(np.mean(layers))


@given(st.integers(2, 7), st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_equals_the_definition(s: int, seed: int) -> None:
    samples = features(s, seed)
    assert mean_squared_distance(samples) == pytest.approx(over_pairs(samples), rel=1e-5)
    assert mean_squared_distance(samples[::-1]) == pytest.approx(over_pairs(samples), rel=1e-5)


def test_holds_where_the_samples_are_nearly_equal() -> None:
    samples = [[1000 + 0.01 * layer for layer in sample] for sample in features(5)]
    assert mean_squared_distance(samples) == pytest.approx(over_pairs(samples), rel=1e-2)


def test_equal_samples_are_exactly_0_apart_and_none_is_changed() -> None:
    sample = features(1)[0]
    before = [layer.clone() for layer in sample]
    assert mean_squared_distance([sample] * 4) == 0
    mean_squared_distance([sample, *features(3, seed=1)])
    assert all(map(torch.equal, sample, before))
