"""Streamed moments against NumPy's, however the clips are batched."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy import ndarray

from metrics.distance.moments import Moments
from plugins import BenchError
from tests.metrics.distance.feature_samples import normal


def streamed(features: ndarray, cuts: list[int]) -> Moments:
    batches = [batch for batch in np.split(features, sorted(cuts)) if len(batch)]
    return reduce(Moments.merge, [Moments.of(batch) for batch in batches])


@given(st.integers(0, 10**6), st.lists(st.integers(0, 40), max_size=12), st.booleans())
@settings(max_examples=40, deadline=None)
def test_batching_and_order_do_not_matter(seed: int, cuts: list[int], backwards: bool) -> None:
    features = normal(40, 6, seed, scale=3, shift=2)
    moments = streamed(features[::-1] if backwards else features, cuts)
    assert moments.count == 40
    np.testing.assert_allclose(moments.mean, features.mean(0), rtol=1e-12, atol=1e-12)
    for ddof in (0, 1):
        expected = np.cov(features, rowvar=False, ddof=ddof)
        np.testing.assert_allclose(moments.covariance(ddof), expected, rtol=1e-11, atol=1e-11)


def test_merging_is_associative_up_to_rounding() -> None:
    a, b, c = (Moments.of(normal(n, 5, n)) for n in (1, 2, 30))
    one, other = a.merge(b).merge(c), a.merge(b.merge(c))
    np.testing.assert_allclose(one.scatter, other.scatter, rtol=1e-13, atol=1e-13)


def test_a_large_mean_costs_no_digits() -> None:
    """A sum of squares would: 1e16 + 1 is 1e16."""
    features = normal(200, 3, 0)
    moments = streamed(features + 1e8, list(range(0, 200, 7)))
    np.testing.assert_allclose(moments.covariance(), np.cov(features, rowvar=False), atol=1e-6)


def test_batches_of_two_networks_and_empty_ones_are_refused() -> None:
    with pytest.raises(BenchError, match="moments of 3 and of 4 features"):
        Moments.of(normal(5, 3, 0)).merge(Moments.of(normal(5, 4, 0)))
    with pytest.raises(BenchError, match="real features: there are none"):
        Moments.of(normal(0, 3, 0), "real")
