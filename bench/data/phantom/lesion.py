"""The lesion: where it lies, its outline, its echo and its shadow.

The look score drives the signs that Stavros et al. (Solid breast nodules: use of
sonography to distinguish between benign and malignant lesions, Radiology 196,
1995) list: malignant are a spiculated or lobulated margin, a taller-than-wide
shape, marked hypoechogenicity, shadowing and a thick echogenic halo; benign are a
smooth oval, a thin capsule and posterior enhancement. Size and place are drawn
from the same law for both classes.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .scanner import Scanner

HARMONICS = np.arange(3, 11)


@dataclass(frozen=True)
class Lesion:
    """A lesion in one view; lengths are fractions of depth and width.

    Attributes:
        centre: (x, z).
        radii: Semi-axes (x, z) of the ellipse that the outline wavers about.
        malignancy: How malignant it looks, 0 to 1.
        waves: (8, 2) cosine and sine weights of the outline's harmonics 3 to 10.
        spicules: (S, 3) direction in radians, angular width, length in radii.
    """

    centre: tuple[float, float]
    radii: tuple[float, float]
    malignancy: float
    waves: np.ndarray
    spicules: np.ndarray

    def radius(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Elliptical radius of points, 1 on the body's ellipse; any shape."""
        return np.hypot((x - self.centre[0]) / self.radii[0], (z - self.centre[1]) / self.radii[1])

    def boundary(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Elliptical radius of the outline in the direction of points; any shape."""
        across, down = (x - self.centre[0]) / self.radii[0], (z - self.centre[1]) / self.radii[1]
        angle = np.arctan2(down, across)
        outline = np.ones_like(angle)
        for harmonic, (cosine, sine) in zip(HARMONICS, self.waves, strict=True):
            outline += cosine * np.cos(harmonic * angle) + sine * np.sin(harmonic * angle)
        for direction, width, length in self.spicules:
            turn = np.angle(np.exp(1j * (angle - direction)))
            outline += length * np.exp(-0.5 * (turn / width) ** 2)
        return outline

    def paint(self, tissue: np.ndarray, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Put the lesion's echo, rim and shadow into the tissue.

        Args:
            tissue: Echo amplitude of the tissue without the lesion at the points.
            x: Lateral positions.
            z: Depths.

        Returns:
            Echo amplitude with the lesion, same shape.
        """
        inside = (self.boundary(x, z) - self.radius(x, z)) * min(self.radii)
        edge = 0.006 + 0.024 * self.malignancy
        body = expit(inside / (0.5 * edge))
        echo = 0.13 * (0.08 / 0.13) ** self.malignancy
        rim_width = 0.008 + 0.022 * self.malignancy
        rim = np.exp(-0.5 * ((inside + rim_width) / rim_width) ** 2)
        painted = tissue * (1.0 - body) + echo * body + 0.35 * rim * (1.0 - body)
        return painted * np.exp(-self.attenuation * self._passed(x, z))

    @property
    def attenuation(self) -> float:
        """Nepers lost per unit of length inside; below 0 the lesion enhances what lies under it."""
        return 8.5 * self.malignancy - 3.0

    def _passed(self, x: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Length of the beam inside the ellipse above each point."""
        across = np.clip(1.0 - ((x - self.centre[0]) / self.radii[0]) ** 2, 0.0, 1.0)
        half = self.radii[1] * np.sqrt(across)
        return np.clip(z - self.centre[1] + half, 0.0, 2.0 * half)


def draw_lesion(
    look: float, scanner: Scanner, body: np.random.Generator, view: np.random.Generator
) -> Lesion:
    """Draw a lesion that looks as malignant as its score says.

    Args:
        look: Look score; 0 is undecided, about -2 benign, about 2 malignant.
        scanner: Gives the range of sizes.
        body: Stream of the patient: size and outline.
        view: Stream of the view: where the lesion stands in the image.
    """
    malignancy = float(expit(1.2 * look))
    size = body.uniform(*scanner.lesion_radius)
    aspect = body.uniform(0.95, 1.05) * 0.6 * (1.15 / 0.6) ** malignancy
    radii = (size / np.sqrt(aspect), size * np.sqrt(aspect))
    waves = body.standard_normal((len(HARMONICS), 2)) / HARMONICS[:, None] ** 0.7
    count = body.integers(8, 15)
    directions = np.sort(body.uniform(-np.pi, np.pi, count))
    widths = body.uniform(0.06, 0.14, count)
    lengths = body.uniform(0.15, 0.5, count)
    centre_x = view.uniform(0.36, 0.64)
    centre_z = view.uniform(0.42, 0.54) * (0.5 + 0.5 * scanner.zoom)
    return Lesion(
        centre=(float(centre_x), float(centre_z)),
        radii=(float(radii[0]), float(radii[1])),
        malignancy=malignancy,
        waves=waves * (0.015 + 0.15 * malignancy**1.5),
        spicules=np.stack([directions, widths, lengths * malignancy**2.5], axis=1),
    )
