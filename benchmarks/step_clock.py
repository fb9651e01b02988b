"""How long a training takes for a step, after a warm-up, without waiting for every step."""

from __future__ import annotations

import time

WARM_UP = 3
"""Steps that are not timed: first calls choose algorithms and reserve memory."""

LEAST = 3
"""Steps that are timed at least."""


class StepClock:
    """Times the steps between the first and the last of some marks.

    Args:
        seconds: to measure for, at least.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._marks: list[tuple[float, int]] = []

    def mark(self, step: int) -> None:
        """A step, counted from 1, is done on the device too."""
        if step >= WARM_UP:
            self._marks.append((time.perf_counter(), step))

    @property
    def enough(self) -> bool:
        """Whether it has been measured for long enough."""
        seconds, steps = self._measured()
        return seconds >= self._seconds and steps >= LEAST

    @property
    def seconds_per_step(self) -> float:
        """The mean over the measured steps, of which there must be some."""
        seconds, steps = self._measured()
        return seconds / steps

    def _measured(self) -> tuple[float, int]:
        if not self._marks:
            return 0.0, 0
        (start, first), (end, last) = self._marks[0], self._marks[-1]
        return end - start, last - first
