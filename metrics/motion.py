"""Motion metrics that need no weights: how differently two sets of clips move.

Each is a distance between the set of real clips and the set of generated
ones, 0 for equal sets. The given frame 0 is where the first step starts, so
a jump from it to frame 1 counts. Clips that stand still are valid input.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import PositiveFloat
from scipy.stats import wasserstein_distance

from metrics.setdistance import Descriptor, GeneratedSet, RealSet, SetDistance
from metrics.wheel import spread, transport
from plugins import Metric, hookimpl
from plugins.flow import optical_flow
from plugins.types import Clip

ROUNDING = 1 / (6 * 255**2)
"""Variance of the difference of two frames rounded to 8 bits."""

PER_PIXEL = 64
FASTEST = 64
"""Speeds are rounded to 1/64 px/frame; above 64 px/frame they count as 64."""


class DifferenceMean(SetDistance):
    """How much the brightness changes, in grey levels per frame: how far the two sets differ.

    Per clip m = mean over t, c, y, x of 255 |x_t - x_(t-1)|; between the
    sets, the Wasserstein-1 distance of m.
    """

    name: ClassVar[str] = "difference-mean"
    title: ClassVar[str] = "Difference"
    unit: ClassVar[str] = "grey levels"

    def describe(self, clip: Clip) -> Descriptor:
        change = clip.double().diff(dim=1).abs().mean()
        return np.array([255 * float(change)])

    def distance(self, real: RealSet, generated: GeneratedSet) -> float:
        return wasserstein_distance(real[:, 0], generated[:, 0])


class DifferenceSpectrum(SetDistance):
    """How fast the brightness changes: log-spectral distance of the frame differences, in dB.

    With d_t = x_t - x_(t-1), t = 1..L, L = T-1, and D_k the discrete
    Fourier transform of d over t, unwindowed, at k / L cycles per frame,
    k = 0..floor(L/2): per clip S_k = 10 log10(mean over c, y, x of
    |D_k|^2 / L + 1 / (6 * 255^2)). The added power is that of rounding to
    8 bits, so that a still clip has a spectrum, flat at -55.9 dB. Between
    the sets, the root mean square over k of the difference of their mean S.

    Source: the distance, Gray and Markel, Distance measures for speech
    processing, IEEE TASSP 24(5), 1976.
    """

    name: ClassVar[str] = "difference-spectrum"
    title: ClassVar[str] = "Spectrum"
    unit: ClassVar[str] = "dB"

    def describe(self, clip: Clip) -> Descriptor:
        change = np.diff(clip.double().numpy(), axis=1)
        power = np.abs(np.fft.rfft(change, axis=1)) ** 2 / change.shape[1]
        return 10 * np.log10(power.mean((0, 2, 3)) + ROUNDING)

    def distance(self, real: RealSet, generated: GeneratedSet) -> float:
        return np.sqrt(np.mean((real.mean(0) - generated.mean(0)) ** 2))


class FlowMagnitude(SetDistance):
    """How fast things move: Wasserstein-1 distance of the optical flow's speeds, in px/frame.

    The speeds of all pixels, steps and clips of a set are one distribution,
    in steps of 1/64 px/frame. A pixel of the clip as given counts, so the
    figure scales with the frame size.
    """

    name: ClassVar[str] = "flow-magnitude"
    title: ClassVar[str] = "Flow speed"
    unit: ClassVar[str] = "px/frame"

    def describe(self, clip: Clip) -> Descriptor:
        speed = np.linalg.norm(optical_flow(clip), axis=-1).ravel()
        place = np.rint(np.minimum(speed, FASTEST) * PER_PIXEL).astype(np.int64)
        return np.bincount(place, minlength=FASTEST * PER_PIXEL + 1) / len(place)

    def distance(self, real: RealSet, generated: GeneratedSet) -> float:
        # The area between the two cumulative distributions.
        return np.abs(np.cumsum(real.mean(0) - generated.mean(0))[:-1]).sum() / PER_PIXEL


class FlowDirection(SetDistance):
    """Where things move: Wasserstein-1 distance of the optical flow's directions, in degrees.

    A pixel of speed v has the mass min(v / full_speed, 1) in its direction
    and the rest of 1 at rest, since what does not move has no direction.
    The pixels of all steps and clips of a set are one distribution over 36
    directions and rest. Turning mass costs its angle; starting or stopping
    it costs 90 degrees. 180 at most.
    """

    name: ClassVar[str] = "flow-direction"
    title: ClassVar[str] = "Flow direction"
    unit: ClassVar[str] = "degrees"

    full_speed: PositiveFloat = 1.0
    """Speed, in px/frame, from which on a pixel counts wholly as moving."""

    def describe(self, clip: Clip) -> Descriptor:
        dx, dy = np.moveaxis(optical_flow(clip), -1, 0)
        return spread(dx, dy, np.minimum(np.hypot(dx, dy) / self.full_speed, 1))

    def distance(self, real: RealSet, generated: GeneratedSet) -> float:
        return transport(real.mean(0), generated.mean(0))


@hookimpl
def bench_metrics() -> list[type[Metric]]:
    return [DifferenceMean, DifferenceSpectrum, FlowMagnitude, FlowDirection]
