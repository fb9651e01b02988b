from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from plugins.flow import optical_flow
from tests.metrics.support import noise, still, translating


@pytest.mark.parametrize("degrees", [0, 60, 135, 270])
@pytest.mark.parametrize("speed", [0.1, 0.5, 1.0, 3.0])
def test_a_known_translation(speed: float, degrees: float) -> None:
    angle = np.deg2rad(degrees)
    expected = speed * np.array([np.cos(angle), np.sin(angle)])
    (clip,) = translating(speed, degrees, n=1)
    flow = optical_flow(clip)
    assert flow.shape == (4, 64, 64, 2)
    assert np.median(flow, axis=(0, 1, 2)) == pytest.approx(expected, abs=0.03)
    assert flow.mean((0, 1, 2)) == pytest.approx(expected, abs=0.05)


def test_what_stands_still_has_none() -> None:
    assert not optical_flow(torch.full((1, 3, 16, 16), 0.5)).any()
    assert not optical_flow(still(noise(1, size=64))[0]).any()


def test_the_same_on_any_number_of_threads() -> None:
    clip = noise(1, t=4, size=64)[0]
    before = cv2.getNumThreads()
    try:
        flows = []
        for threads in (1, 2, 4):
            cv2.setNumThreads(threads)
            flows.append(optical_flow(clip))
    finally:
        cv2.setNumThreads(before)
    assert (flows[0] == flows[1]).all()
    assert (flows[0] == flows[2]).all()
