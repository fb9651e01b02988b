"""The scanner: how it focuses, how deep it looks, and how it is set."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scanner:
    """A make of scanner and the habits of those who use it.

    Lengths are fractions of the image's depth, which equals its width. Ranges are
    drawn from uniformly, whatever the class.

    Attributes:
        axial: Standard deviation of the pulse's envelope, along depth.
        lateral: Standard deviation of the beam at the surface, the focus and the bottom.
        focus: Depth of the focus.
        carriers: Cycles of the echo per unit of depth, one per sub-band (300 is 6 MHz at
            4 cm); their envelopes are averaged (frequency compounding).
        dynamic_range: Range of the log compression, dB.
        contrast: Exponent of the grey map; above 1 the dark half is spread less.
        headroom: Range of how far white lies above the brightest speckle, dB.
        fading: Range of the loss that the depth gain leaves over, nepers per unit depth.
        zoom: Size of the anatomy in the image; below 1 the view is deeper.
        lesion_radius: Range of the radius of the circle of the lesion's area.
    """

    axial: float = 0.0055
    lateral: tuple[float, float, float] = (0.014, 0.011, 0.02)
    focus: float = 0.4
    carriers: tuple[float, ...] = (265.0, 335.0)
    dynamic_range: float = 52.0
    contrast: float = 1.4
    headroom: tuple[float, float] = (4.5, 9.5)
    fading: tuple[float, float] = (0.3, 1.0)
    zoom: float = 1.0
    lesion_radius: tuple[float, float] = (0.15, 0.2)

    def shifted(self, strength: float) -> "Scanner":
        """The other scanner, which the stills come from.

        Args:
            strength: 0 gives this scanner again, 1 a mild shift: 5 dB less dynamic
                range, a duller gain, a deeper view, smaller lesions, a wider beam.
        """

        def between(low: float, high: float) -> float:
            return low + strength * (high - low)

        (quiet, loud), (slow, fast) = self.headroom, self.fading
        small, large = self.lesion_radius
        near, at_focus, far = self.lateral
        wider, smaller = between(1.0, 1.15), between(1.0, 0.9)
        return Scanner(
            axial=self.axial * between(1.0, 1.2),
            lateral=(wider * near, wider * at_focus, wider * far),
            focus=self.focus * between(1.0, 0.85),
            carriers=self.carriers,
            dynamic_range=self.dynamic_range - 5.0 * strength,
            contrast=self.contrast + 0.1 * strength,
            headroom=(quiet + strength, loud + strength),
            fading=(slow + 0.2 * strength, fast + 0.2 * strength),
            zoom=self.zoom * between(1.0, 0.88),
            lesion_radius=(smaller * small, smaller * large),
        )

    def lateral_width(self, depth: np.ndarray) -> np.ndarray:
        """Beam width (standard deviation) at each depth, narrowest at the focus."""
        near, at_focus, far = self.lateral
        above = at_focus + (near - at_focus) * (1.0 - depth / self.focus) ** 2
        below = at_focus + (far - at_focus) * (depth - self.focus) / (1.0 - self.focus)
        return np.where(depth < self.focus, above, below)
