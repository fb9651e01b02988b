"""Which frames make a clip."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.data.indices import clip_indices, drawn_start, lead, n_places, offsets, starts
from bench.data.settings import ClipSettings

lengths = st.integers(1, 500)
spans = st.integers(1, 200)
shorts = st.sampled_from(["loop", "hold"])


@st.composite
def samplings(draw, rules=("uniform", "segments", "stride")):
    """Settings of every sampling rule."""
    rule = draw(st.sampled_from(rules))
    if rule == "stride":
        return ClipSettings(
            frames=draw(st.integers(1, 40)), sampling=rule, stride=draw(st.integers(1, 12))
        )
    span = draw(spans)
    return ClipSettings(frames=draw(st.integers(1, span)), span=span, sampling=rule)


def uniform(frames, span):
    return ClipSettings(frames=frames, span=span)


def test_sixteen_of_forty_eight():
    chosen = offsets(uniform(16, 48)).tolist()
    assert chosen == [0, 3, 6, 9, 13, 16, 19, 22, 25, 28, 31, 34, 38, 41, 44, 47]


def test_the_middles_of_segments_are_counted_from_the_first_of_them():
    segments = ClipSettings(frames=4, span=10, sampling="segments")
    assert lead(segments) == 1
    assert (lead(segments) + offsets(segments)).tolist() == [1, 3, 6, 8]
    assert offsets(ClipSettings(frames=3, span=48, sampling="segments")).tolist() == [0, 16, 32]
    assert lead(ClipSettings(frames=3, span=48, sampling="segments")) == 8


def test_a_stride_is_kept_and_makes_the_span():
    third = ClipSettings(frames=5, sampling="stride", stride=3)
    assert offsets(third).tolist() == [0, 3, 6, 9, 12]
    assert third.span == 13
    assert offsets(third, 7).tolist() == [0, 3, 6, 9, 12, 15, 18]
    assert offsets(ClipSettings(frames=1, sampling="stride", stride=3), 3).tolist() == [0, 3, 6]


@given(samplings())
def test_every_rule_samples_its_span_in_order(settings):
    chosen = offsets(settings)
    assert chosen.shape == (settings.frames,)
    assert chosen.dtype == np.int64
    assert chosen[0] == 0
    assert (np.diff(chosen) > 0).all()
    assert 0 <= lead(settings) <= lead(settings) + chosen[-1] < settings.span
    steps = np.diff(chosen)
    assert settings.frames == 1 or steps.max() - steps.min() <= 1
    assert (offsets(settings) == chosen).all()


@given(samplings(rules=("uniform",)))
def test_a_uniform_clip_has_the_first_and_the_last_of_its_span(settings):
    chosen, span = offsets(settings), settings.span
    if settings.frames > 1:
        assert chosen[-1] == span - 1
        assert np.abs(chosen - np.linspace(0, span - 1, settings.frames)).max() <= 0.5 + 1e-9


@given(samplings(rules=("segments",)))
def test_segments_are_equal_and_give_their_middles(settings):
    frames, span = settings.frames, settings.span
    middles = lead(settings) + offsets(settings)
    assert middles.tolist() == [int((i + 0.5) * span / frames) for i in range(frames)]


@given(samplings().filter(lambda settings: settings.frames > 1), st.integers(1, 100))
def test_another_count_keeps_the_rate(settings, count):
    shorter, longer = sorted((settings.frames, count))
    a, b = offsets(settings, shorter), offsets(settings, longer)
    assert (b[:shorter] == a).all()
    assert len(b) == longer
    assert (np.diff(b) > 0).all()


@given(lengths, spans, st.integers(1, 20))
def test_starts_are_distinct_and_hold_the_span(length, span, count):
    found = starts(length, span, count)
    assert 1 <= len(found) <= count
    assert len(found) == min(count, n_places(length, span))
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


@given(lengths, spans, st.integers(0, 2**63 - 1))
def test_a_drawn_start_holds_the_span_and_follows_from_its_seed(length, span, seed):
    start = drawn_start(length, span, seed)
    assert 0 <= start < n_places(length, span)
    assert start + span <= max(length, span)
    assert drawn_start(length, span, seed) == start


def test_all_places_are_drawn_equally_often():
    counts = np.bincount([drawn_start(57, 48, seed) for seed in range(5000)], minlength=10)
    assert len(counts) == 10
    # Chi-squared of 9 degrees of freedom; 27.9 is passed once in a thousand.
    assert ((counts - 500) ** 2 / 500).sum() < 27.9


@given(lengths, samplings(), shorts, st.integers(1, 10), st.integers(0, 2**63 - 1))
def test_indices_are_frames_of_the_video(length, settings, short, count, seed):
    chosen = offsets(settings)
    places = [*starts(length, settings.span, count), drawn_start(length, settings.span, seed)]
    for place in places:
        first = int(place) + lead(settings)
        found = clip_indices(length, first, chosen, short)
        assert found.shape == (settings.frames,)
        assert ((found >= 0) & (found < length)).all()
        assert (clip_indices(length, int(found[0]), chosen, short) == found).all()
        if length >= settings.span:
            assert (found == first + chosen).all()
        elif short == "hold":
            assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize(
    ("short", "expected"), [("loop", [0, 1, 2, 3, 0, 1]), ("hold", [0, 1, 2, 3, 3, 3])]
)
def test_a_short_video(short, expected):
    assert clip_indices(4, 0, np.arange(6), short).tolist() == expected
