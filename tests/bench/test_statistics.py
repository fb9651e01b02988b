"""Intervals cover, and paired tests agree with independent formulas."""

from __future__ import annotations

from itertools import product
from math import comb

import numpy as np
import pytest

from bench.statistics import bootstrap_interval, mcnemar
from plugins.errors import BenchError


def hits(text: str) -> dict[str, bool]:
    return {str(i): c == "1" for i, c in enumerate(text)}


@pytest.mark.parametrize(("b", "c"), [(0, 5), (3, 9), (7, 7), (1, 0), (12, 2)])
def test_mcnemar_is_the_binomial_tail(b: int, c: int) -> None:
    first, second = "1" * b + "0" * c + "11", "0" * b + "1" * c + "11"
    n, k = b + c, min(b, c)
    tail = 2 * sum(comb(n, i) for i in range(k + 1)) / 2**n
    assert mcnemar(hits(first), hits(second)) == pytest.approx(min(tail, 1.0))


def test_mcnemar_of_equal_classifiers_is_one_and_of_other_videos_an_error() -> None:
    assert mcnemar(hits("1010"), hits("1010")) == 1.0
    with pytest.raises(BenchError):
        mcnemar(hits("10"), hits("101"))


def test_videos_of_one_patient_count_together() -> None:
    """Against the enumeration of all sign flips, patient by patient."""
    first, second = hits("111011010011"), hits("001000011010")
    groups = {str(i): p for i, p in enumerate("aabbbcddeeff")}
    ahead = [sum(first[v] - second[v] for v in groups if groups[v] == p) for p in "abcdef"]
    sums = [
        abs(sum(sign * n for sign, n in zip(signs, ahead, strict=True)))
        for signs in product((-1, 1), repeat=6)
    ]
    tail = sum(s >= abs(sum(ahead)) for s in sums) / len(sums)
    assert 0 < tail < 1
    assert mcnemar(first, second, groups) == pytest.approx(tail)
    assert mcnemar(first, second, {v: v for v in groups}) == mcnemar(first, second)


def test_the_bootstrap_covers_a_mean() -> None:
    """The 95 % interval of a mean of 60 holds the truth in 89 to 99 of 100 draws."""
    rng = np.random.default_rng(1)
    covered = 0
    groups, strata = [str(i) for i in range(60)], [i % 2 for i in range(60)]
    for draw in range(100):
        values = rng.normal(size=60)
        interval = bootstrap_interval(lambda i, v=values: float(v[i].mean()), groups, strata, draw)
        assert interval is not None
        covered += interval[0] <= 0 <= interval[1]
    assert 89 <= covered <= 99


def test_patients_are_drawn_whole() -> None:
    """With 10 patients of 6 equal videos each, the interval is that of 10 values."""
    rng = np.random.default_rng(2)
    patient = rng.normal(size=10)
    values = np.repeat(patient, 6)
    whole = [str(i // 6) for i in range(60)]
    apart = [str(i) for i in range(60)]
    widths = []
    for groups in (whole, apart):
        interval = bootstrap_interval(lambda i: float(values[i].mean()), groups, [0] * 60, 0)
        assert interval is not None
        widths.append(interval[1] - interval[0])
    assert widths[0] == pytest.approx(widths[1] * 6**0.5, rel=0.15)


def test_each_resample_keeps_every_class_and_the_seed_decides() -> None:
    strata = [0, 0, 0, 1, 1]
    seen = []

    def figure(drawn: np.ndarray) -> float:
        seen.append({strata[i] for i in drawn})
        return float(drawn.mean())

    first = bootstrap_interval(figure, list("abcde"), strata, 3)
    assert all(classes == {0, 1} for classes in seen)
    assert bootstrap_interval(figure, list("abcde"), strata, 3) == first


def test_too_few_groups_give_no_interval() -> None:
    assert bootstrap_interval(lambda _: 0.0, ["a", "a", "b"], [0, 0, 1], 0) is None
