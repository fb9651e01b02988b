"""Batches are read ahead of the step that takes them."""

from __future__ import annotations

import time

import pytest

from plugins.step_loop import ahead


def test_ahead_keeps_the_order_and_passes_errors_on() -> None:
    def make(step: int) -> int:
        time.sleep(0.002 * (step % 3))
        return step

    assert list(ahead(make, range(3, 40), threads=3)) == list(range(3, 40))
    with pytest.raises(ZeroDivisionError):
        list(ahead(lambda step: 1 // (5 - step), range(20), threads=2))
