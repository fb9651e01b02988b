"""The extrapolation to infinite N: near the truth where it is allowed, refused elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.distance.extrapolation import extrapolated_frechet
from metrics.distance.frechet import frechet_distance
from plugins import BenchError
from tests.metrics.distance.feature_samples import normal


@pytest.mark.parametrize("shift", [0.0, 0.5])
def test_takes_most_of_the_bias_away(shift: float) -> None:
    truth = 10 * shift**2
    plain, line = [], []
    for seed in range(12):
        real, generated = normal(60, 10, seed), normal(40, 10, 100 + seed, shift=shift)
        plain.append(frechet_distance(real, generated) - truth)
        line.append(extrapolated_frechet(real, generated, seed=seed).value - truth)
    assert np.mean(plain) > 1
    assert abs(np.mean(line)) < np.mean(plain) / 5


def test_the_line_is_the_least_squares_fit_of_what_it_shows() -> None:
    real, generated = normal(50, 5, 0), normal(70, 5, 1, scale=2)
    result = extrapolated_frechet(real, generated, seed=3)
    assert (result.sizes[0], result.sizes[-1], len(result.sizes)) == (10, 50, 15)
    design = np.stack([np.ones(15), 1 / np.array(result.sizes)], axis=1)
    expected = np.linalg.lstsq(design, np.array(result.distances), rcond=None)[0]
    assert [result.value, result.slope] == pytest.approx(expected, rel=1e-9)


def test_the_last_point_is_the_whole_set_and_draws_are_repeatable() -> None:
    real, generated = normal(40, 5, 0), normal(40, 5, 1)
    first = extrapolated_frechet(real, generated, ddof=0, seed=3)
    whole = frechet_distance(real, generated, ddof=0)
    assert first.distances[-1] == pytest.approx(whole, rel=1e-10)
    assert extrapolated_frechet(real, generated, ddof=0, seed=3) == first
    assert extrapolated_frechet(real, generated, ddof=0, seed=4).value != first.value


@pytest.mark.parametrize(("n", "m"), [(39, 100), (100, 39), (5, 5)])
def test_refused_where_the_bias_is_no_line(n: int, m: int) -> None:
    with pytest.raises(BenchError, match=f"{n} real and {m} generated .* at least 4 x 10 = 40"):
        extrapolated_frechet(normal(n, 10, 0), normal(m, 10, 1), seed=0)


def test_allowed_from_4_d_up() -> None:
    assert extrapolated_frechet(normal(40, 10, 0), normal(40, 10, 1), seed=0).sizes[0] == 20
