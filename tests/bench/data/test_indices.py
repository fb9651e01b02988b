"""Which frames make a clip."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.data.indices import clip_indices, offsets, starts

lengths = st.integers(1, 500)
spans = st.integers(1, 200)


def test_sixteen_of_forty_eight():
    assert offsets(16, 48).tolist() == [0, 3, 6, 9, 13, 16, 19, 22, 25, 28, 31, 34, 38, 41, 44, 47]


@given(spans.flatmap(lambda span: st.tuples(st.integers(1, span), st.just(span))))
def test_a_clip_samples_its_span_uniformly(case):
    frames, span = case
    chosen = offsets(frames, span)
    assert chosen.shape == (frames,)
    assert chosen[0] == 0
    assert (np.diff(chosen) > 0).all()
    if frames > 1:
        assert chosen[-1] == span - 1
        steps = np.diff(chosen)
        assert steps.max() - steps.min() <= 1
        assert np.abs(chosen - np.linspace(0, span - 1, frames)).max() <= 0.5 + 1e-9


@given(st.integers(2, 64), st.integers(64, 200), st.integers(1, 100))
def test_another_count_keeps_the_rate(frames, span, count):
    shorter, longer = sorted((frames, count))
    a, b = offsets(frames, span, shorter), offsets(frames, span, longer)
    assert (b[:shorter] == a).all()
    assert len(b) == longer


@given(lengths, spans, st.integers(1, 20))
def test_starts_are_distinct_and_hold_the_span(length, span, count):
    found = starts(length, span, count)
    assert 1 <= len(found) <= count
    assert len(found) == min(count, max(length - span, 0) + 1)
    assert (np.diff(found) > 0).all()
    assert found[0] >= 0
    if length >= span:
        assert found[-1] + span <= length
    else:
        assert found.tolist() == [0]
    if len(found) > 2:
        gaps = np.diff(found)
        assert gaps.max() - gaps.min() <= 1


def test_one_clip_is_the_centre():
    assert starts(100, 48, 1).tolist() == [26]
    assert starts(48, 48, 5).tolist() == [0]
    assert starts(50, 48, 5).tolist() == [0, 1, 2]
    assert starts(148, 48, 3).tolist() == [0, 50, 100]


@given(lengths, spans, st.sampled_from(["loop", "hold"]), st.integers(1, 10))
def test_indices_are_frames_of_the_video(length, span, short, count):
    chosen = offsets(min(16, span), span)
    for start in starts(length, span, count):
        found = clip_indices(length, int(start), chosen, short)
        assert ((found >= 0) & (found < length)).all()
        if length >= span:
            assert (found == start + chosen).all()


@pytest.mark.parametrize(
    ("short", "expected"), [("loop", [0, 1, 2, 3, 0, 1]), ("hold", [0, 1, 2, 3, 3, 3])]
)
def test_a_short_video(short, expected):
    assert clip_indices(4, 0, np.arange(6), short).tolist() == expected
