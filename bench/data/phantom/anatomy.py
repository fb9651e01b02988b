"""The layers of the breast: skin, fat, gland, fascia and muscle, as echo amplitudes."""

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

GRID = 96
REACH = (-0.25, 1.45)


def smooth_noise(
    x: np.ndarray,
    z: np.ndarray,
    length: tuple[float, float],
    rng: np.random.Generator,
    tilt: float = 0.0,
) -> np.ndarray:
    """A smooth random field of unit variance, at points.

    Args:
        x: Lateral positions, any shape, within REACH.
        z: Depths, same shape.
        length: Correlation length (standard deviation of the smoothing) along x and z.
        rng: Source of the field.
        tilt: Slope dz/dx of the field's grain.
    """
    pitch = (REACH[1] - REACH[0]) / GRID
    cells = [max(length[1] / pitch, 0.5), max(length[0] / pitch, 0.5)]
    field = gaussian_filter(rng.standard_normal((GRID, GRID)), cells, mode="wrap")
    field /= field.std()
    rows = (z - tilt * (x - 0.5) - REACH[0]) / pitch
    return map_coordinates(field, [rows, (x - REACH[0]) / pitch], order=1, mode="grid-wrap")


def layers(x: np.ndarray, z: np.ndarray, zoom: float, rng: np.random.Generator) -> np.ndarray:
    """Echo amplitude of the tissue before any lesion.

    Args:
        x: Lateral positions, shape (N,), fractions of the width.
        z: Depths, shape (N,), fractions of the depth.
        zoom: Size of the anatomy in the image; below 1 more of it is seen.
        rng: Source of the patient's anatomy.

    Returns:
        Amplitudes, shape (N,), about 0.1 (fat) to 2.2 (fascia).
    """

    def surface(depth: float, waviness: float) -> np.ndarray:
        slope = rng.uniform(-0.06, 0.06)
        waves = waviness * smooth_noise(x, np.zeros_like(x), (0.12, 0.12), rng)
        return zoom * depth + slope * (x - 0.5) + waves

    def sheet(depth: float | np.ndarray, thickness: float) -> np.ndarray:
        return np.exp(-0.5 * ((z - depth) / thickness) ** 2)

    def below(depth: float | np.ndarray, softness: float = 0.006) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(np.clip((depth - z) / softness, -40.0, 40.0)))

    skin_end = zoom * rng.uniform(0.03, 0.05)
    gland_top = surface(rng.uniform(0.13, 0.26), 0.02)
    gland_end = surface(rng.uniform(0.66, 0.8), 0.025)
    fascia = gland_end + zoom * rng.uniform(0.05, 0.11)

    septa = np.exp(-0.5 * (smooth_noise(x, z, (0.09, 0.035), rng) / 0.10) ** 2)
    fat = rng.uniform(0.16, 0.28) * (1.0 + rng.uniform(0.8, 1.8) * septa)
    grain = smooth_noise(x, z, (0.055, 0.009), rng, tilt=rng.uniform(-0.25, 0.25))
    lobules = smooth_noise(x, z, (0.08, 0.035), rng)
    gland = rng.uniform(0.55, 0.9) * np.exp(0.5 * grain)
    gland *= 1.0 - 0.65 / (1.0 + np.exp(-(lobules - rng.uniform(0.6, 1.2)) / 0.15))
    fibres = smooth_noise(x, z, (0.13, 0.008), rng, tilt=rng.uniform(-0.12, 0.12))
    muscle = rng.uniform(0.2, 0.4) * np.exp(0.6 * fibres)

    echo = fat + (gland - fat) * below(gland_top)
    echo += (fat - echo) * below(gland_end)
    echo += (muscle - echo) * below(fascia)
    echo += rng.uniform(0.4, 0.9) * sheet(gland_top, 0.006)
    echo += rng.uniform(1.0, 2.2) * sheet(fascia, 0.008) * (0.6 + 0.4 * np.tanh(grain))
    skin = rng.uniform(0.7, 1.1) * (1.0 - below(skin_end))
    skin += rng.uniform(0.8, 1.4) * sheet(skin_end, 0.005)
    return echo * below(skin_end) + skin
