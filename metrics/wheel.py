"""Transport between distributions of direction that also hold mass at rest."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy import ndarray
from scipy.optimize import linprog

N_DIRECTIONS = 36
STEP = 360 / N_DIRECTIONS
"""Degrees between neighbouring directions."""
START = 90.0
"""Degrees that starting or stopping costs; half of the farthest turn."""

Wheel = Float[ndarray, f" {N_DIRECTIONS + 1}"]
"""Mass per direction (0, 10, ... 350 degrees), then the mass at rest; sums to 1."""


def spread(dx: ndarray, dy: ndarray, mass: ndarray) -> Wheel:
    """Gather vectors into a wheel.

    Each element's mass is shared between the two directions next to its
    own, in proportion; what its mass leaves of 1 is at rest.

    Args:
        dx, dy: vectors, of one shape; their length does not matter.
        mass: of the same shape, in [0, 1].
    """
    place = (np.degrees(np.arctan2(dy, dx, dtype=np.float64)) % 360 / STEP).ravel()
    left = np.floor(place).astype(np.int64)
    share = place - left
    mass = mass.ravel().astype(np.float64)
    wheel = np.zeros(N_DIRECTIONS + 1)
    for index, part in ((left, 1 - share), (left + 1, share)):
        wheel[:-1] += np.bincount(index % N_DIRECTIONS, mass * part, N_DIRECTIONS)
    wheel[:-1] /= len(mass)
    wheel[-1] = 1 - wheel[:-1].sum()
    return wheel


def transport(first: Wheel, second: Wheel) -> float:
    """Wasserstein-1 distance, in degrees, in [0, 180].

    The least total turn that makes one of the other: mass goes round the
    rim, 10 degrees per step, or over the hub, which is rest, 90 degrees
    each way. So two opposite directions are 180 degrees apart both ways,
    and the distance is defined where nothing moves. Without rest it is the
    circular Wasserstein distance (Rabin, Delon, Gousseau, Transportation
    distances on the circle, JMIV 41, 2011).

    Solved as the least-cost flow over the wheel's 36 rim edges and 36
    spokes, by linear programming.
    """
    supply = np.asarray(first, np.float64)[:-1] - np.asarray(second, np.float64)[:-1]
    # Balance at each rim node; the hub's follows, since both masses are 1.
    here = np.eye(N_DIRECTIONS)
    to_next = here - np.roll(here, 1, axis=0)
    balance = np.hstack([to_next, -to_next, here, -here])
    cost = np.repeat([STEP, START], 2 * N_DIRECTIONS)
    return float(linprog(cost, A_eq=balance, b_eq=supply, method="highs").fun)
