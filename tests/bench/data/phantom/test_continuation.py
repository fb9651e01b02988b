"""What follows a frame of the phantom, and what may be known of it."""

import numpy as np
import pytest

from bench.data.phantom.case import Case
from plugins.errors import DataError
from tests.bench.data.phantom.small_phantom import phantom


@pytest.mark.parametrize("blind", [False, True])
def test_frame_0_is_the_record_bit_for_bit(blind):
    data = phantom()
    for record in (data.images()[0], data.videos()[0]):
        first = record.frames()[0]
        one, two = (record.continuation(4, seed, blind=blind) for seed in (0, 1))
        assert np.array_equal(one[0], first)
        assert np.array_equal(two[0], first)
        assert not np.array_equal(one[1], two[1])
        assert np.array_equal(one, record.continuation(4, 0, blind=blind))
        assert np.array_equal(one[:2], record.continuation(2, 0, blind=blind))


def test_blind_never_reads_the_true_motion(monkeypatch):
    still = phantom().images()[0]
    before = still.continuation(3, 7, blind=True)

    def refuse(_):
        raise AssertionError("the true motion score was read")

    monkeypatch.setattr(Case, "motion", property(refuse))
    fresh = phantom().images()[0]
    assert np.array_equal(fresh.continuation(3, 7, blind=True), before)
    with pytest.raises(AssertionError, match="true motion"):
        fresh.continuation(3, 7)


def test_a_still_tells_nothing_of_the_motion():
    one, other = (phantom(motion_accuracy=accuracy).images() for accuracy in (0.5, 0.999))
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.frames(), b.frames())
    assert not np.array_equal(one[0].continuation(8, 0)[-1], other[0].continuation(8, 0)[-1])


def test_no_frames_are_refused():
    with pytest.raises(DataError, match="image-0000"):
        phantom().images()[0].continuation(0, 0)
