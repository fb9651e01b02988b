"""How tissue and lesion move under the probe.

The image is fixed to the probe. Pressing it strains the tissue nearly uniformly
(elastography: Ophir et al., Ultrasonic Imaging 13, 1991); the tissue at the probe
face sticks to it, so nothing moves there but by sliding, which is uniform. An
elastic inclusion in a uniformly strained medium is strained uniformly (Eshelby,
Proc. R. Soc. A 241, 1957): a circular one in an incompressible medium in plane
strain by 2 / (1 + E) times the medium's strain, E being the ratio of the moduli,
so a stiff one moves as a rigid body and the softest one deforms twice as much as
the tissue. Around it the disturbance falls off as one over the distance.

The field is linear in three numbers per frame, the probe's path. Frame 0 is the
reference: its path is 0, so nothing in it depends on stiffness.
"""

from dataclasses import dataclass

import numpy as np

from .lesion import Lesion

STIFFNESS_PER_SCORE = 1.4
LATERAL_EXPANSION = 0.5
BODY = 1.1


def strain_ratio(motion: float) -> float:
    """Strain of the lesion over strain of the tissue, 0 (rigid) to 2 (void).

    Args:
        motion: Motion score; the log ratio of the moduli is 1.4 times it.
    """
    return float(2.0 / (1.0 + np.exp(np.clip(STIFFNESS_PER_SCORE * motion, -40.0, 40.0))))


@dataclass(frozen=True)
class Hand:
    """How the probe is held; ranges are drawn from uniformly, per clip.

    Attributes:
        strain: Range of the peak-to-peak compression, fraction.
        period: Range of the compression's period, frames.
        wander: Standard deviation of the phase's and amplitude's drift per frame.
        slide: Largest sliding to either side, fraction of the width.
        rocking: Largest difference of strain between left and right edge.
    """

    strain: tuple[float, float] = (0.14, 0.18)
    period: tuple[float, float] = (8.0, 14.0)
    wander: float = 0.05
    slide: float = 0.035
    rocking: float = 0.03


def draw_path(n_frames: int, rng: np.random.Generator, hand: Hand = Hand()) -> np.ndarray:
    """Draw the probe's quasi-periodic path.

    Args:
        n_frames: Number of frames, 1 or more. A longer path begins with the shorter one.
        rng: Source of the path.
        hand: How the probe is held.

    Returns:
        Shape (T, 3), float64: compression, rocking and sliding relative to frame 0.
        Compression is the strain, positive when pressed; sliding is in widths.
    """
    strain, period = rng.uniform(*hand.strain), rng.uniform(*hand.period)
    phases = rng.uniform(0.0, 2.0 * np.pi, 3)
    slower = rng.uniform(0.35, 0.8, 2)
    rocking, slide = rng.uniform(0.3, 1.0, 2) * (hand.rocking, hand.slide)
    drift = hand.wander * np.cumsum(rng.standard_normal((n_frames, 2)), axis=0)
    turns = 2.0 * np.pi * np.arange(n_frames) / period
    press = 0.5 * strain * np.exp(-np.abs(drift[:, 1])) * np.sin(turns + phases[0] + drift[:, 0])
    rock = 0.5 * rocking * np.sin(slower[0] * turns + phases[1])
    glide = slide * np.sin(slower[1] * turns + phases[2])
    path = np.stack([press, rock, glide], axis=1)
    return path - path[0]


def modes(x: np.ndarray, z: np.ndarray, lesion: Lesion, ratio: float) -> np.ndarray:
    """Displacement of points per unit of compression, rocking and sliding.

    Args:
        x: Lateral positions in frame 0, shape (N,).
        z: Depths in frame 0, shape (N,).
        lesion: Where the inclusion lies.
        ratio: Its strain over the tissue's, 0 to 2.

    Returns:
        Shape (3, 2, N): mode, then (dx, dz). At z = 0 the first two vanish.
    """
    tissue = _tissue(x, z)
    centre_x, centre_z = lesion.centre
    centre = _tissue(np.array([centre_x]), np.array([centre_z]))
    away = np.maximum(lesion.radius(x, z) / BODY, 1.0)
    top = centre_z - BODY * lesion.radii[1]
    rise = np.clip(z / top, 0.0, 1.0)
    influence = rise * rise * (3.0 - 2.0 * rise) / away**2
    return tissue + (ratio - 1.0) * influence * (tissue - centre)


def _tissue(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """The modes without a lesion, shape (3, 2, N)."""
    zero, one = np.zeros_like(x), np.ones_like(x)
    stuck = 1.0 - np.exp(-np.maximum(z, 0.0) / 0.15)
    press = (LATERAL_EXPANSION * (x - 0.5) * stuck, -z)
    rock = (zero, -2.0 * (x - 0.5) * z)
    return np.stack([np.stack(press), np.stack(rock), np.stack([one, zero])])


def displacement(path: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Displacement of each point in each frame.

    Args:
        path: Shape (T, 3), from `draw_path`.
        shape: Shape (3, 2, N), from `modes`.

    Returns:
        Shape (T, 2, N): (dx, dz) since frame 0, fractions of width and depth.
    """
    return np.einsum("tm,mcn->tcn", path, shape)
