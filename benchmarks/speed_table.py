"""Speeds as rows of a table, each beside the fastest matrix product of its device."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import torch
from measure import matrix_peak, spread

from plugins.precision import autocast
from plugins.recipe import Amp

HEAD = ["what", "batch", "clips/s", "peak [MiB]", "GFLOP/clip", "of the matrix peak"]


@dataclass(frozen=True)
class Speed:
    """What was measured of one computation.

    Attributes:
        what: the computation.
        batch: clips at once.
        rates: clips per second, one for each repeat.
        peak: memory, MiB.
        work: floating-point operations per clip.
        amp: precision that was asked for.
    """

    what: str
    batch: int
    rates: list[float]
    peak: float
    work: float
    amp: Amp

    @property
    def rate(self) -> float:
        """The median, clips per second."""
        return statistics.median(self.rates)


class SpeedTable:
    """Prints speeds as they come.

    Args:
        device: a torch device string; its matrix peaks are measured when they
            are first needed.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        self._peaks: dict[torch.dtype, float] = {}
        print("| " + " | ".join(HEAD) + " |\n" + "|" + " --- |" * len(HEAD))

    def show(self, speed: Speed) -> None:
        """Print a row."""
        cast = autocast(speed.amp, self._device)
        dtype = cast.fast_dtype if cast._enabled else torch.float32
        if dtype not in self._peaks:
            self._peaks[dtype] = matrix_peak(self._device, dtype)
        share = speed.rate * speed.work / self._peaks[dtype]
        row = [
            speed.what,
            str(speed.batch),
            spread(speed.rates),
            f"{speed.peak:.0f}",
            f"{speed.work / 1e9:.3g}",
            f"{share:.1%} of {str(dtype).removeprefix('torch.')}",
        ]
        print("| " + " | ".join(row) + " |", flush=True)
