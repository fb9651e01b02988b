"""What is drawn per case: the scatterers, the lesion, and how the scanner is set."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from . import bmode
from .anatomy import layers
from .lesion import Lesion, draw_lesion
from .motion import displacement, modes
from .scanner import Scanner

# One scatterer per box, lateral by axial; about seven per resolution cell at the focus.
BOX = (0.0112, 0.0056)
# What sliding and pressing can bring into view lies within these limits.
LATERAL = (-0.15, 1.15)
DEEPEST = 1.3
MEMORY = 0.985


@dataclass(frozen=True)
class Scene:
    """A view of a breast, frozen at frame 0, from which a clip can be run on.

    Attributes:
        scanner: The scanner and its settings' ranges.
        lesion: The lesion.
        x: Lateral positions of the scatterers, shape (N,), float32.
        z: Depths of the scatterers, shape (N,), float32.
        reflectivity: Standard deviation of each scatterer's amplitude, shape (N,), float32.
        scattering: Each scatterer's unit-variance amplitude in frame 0, shape (N,), float32.
        headroom: Decibels of white above the brightest speckle of frame 0.
        fading: Nepers per unit depth that the depth gain leaves over.
        memory: Correlation of the amplitudes from one frame to the next, 0 to 1.
    """

    scanner: Scanner
    lesion: Lesion
    x: np.ndarray
    z: np.ndarray
    reflectivity: np.ndarray
    scattering: np.ndarray
    headroom: float
    fading: float
    memory: float = MEMORY

    def echoes(
        self, path: np.ndarray, ratio: float, size: int, rng: np.random.Generator
    ) -> Iterator[np.ndarray]:
        """Received echoes along a probe path, frame after frame.

        The amplitudes follow an autoregression of order 1: the slice of tissue that
        the beam takes up changes a little from frame to frame.

        Args:
            path: Shape (T, 3), from `motion.draw_path`.
            ratio: Strain of the lesion over that of the tissue, 0 to 2.
            size: Side of the image, pixels.
            rng: Source of the speckle's change; frame 0 takes nothing from it.

        Yields:
            T complex64 arrays, shape (L, 2 size, 2 size), L carriers.
        """
        field = modes(self.x, self.z, self.lesion, ratio).astype(np.float32)
        scattering = self.scattering
        novelty = np.float32(np.sqrt(1.0 - self.memory**2))
        for index, moved in enumerate(path.astype(np.float32)):
            if index:
                fresh = rng.standard_normal(len(self.x), dtype=np.float32)
                scattering = self.memory * scattering + novelty * fresh
            shift = np.tensordot(moved, field, 1)
            x, z = self.x + shift[0], self.z + shift[1]
            yield bmode.echo(x, z, self.reflectivity * scattering, self.scanner, size)

    def clip(
        self, path: np.ndarray, ratio: float, size: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Simulate a clip; arguments as for `echoes`. Returns uint8, shape (T, size, size)."""
        frames, white = [], None
        for received in self.echoes(path, ratio, size, rng):
            envelope = bmode.detect(received, self.fading)
            if white is None:
                white = float(np.quantile(envelope, 0.995)) * 10.0 ** (self.headroom / 20.0)
            frames.append(bmode.compress(envelope, white, self.scanner))
        return np.stack(frames)

    def displacement(self, path: np.ndarray, ratio: float, size: int) -> np.ndarray:
        """True motion of the material point seen at each pixel of frame 0.

        Returns:
            Shape (T, 2, size, size), float32, pixels, (dx, dy) from frame 0 to frame t.
        """
        middle = (np.arange(size) + 0.5) / size
        z, x = np.meshgrid(middle, middle, indexing="ij")
        field = displacement(path, modes(x.ravel(), z.ravel(), self.lesion, ratio))
        return (size * field).reshape(len(path), 2, size, size).astype(np.float32)


def scatter(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Spread scatterers over the image and its surroundings, one in each box at random.

    Even density lets a few scatterers per resolution cell give fully developed
    speckle, where as many thrown independently would not.

    Returns:
        Lateral positions and depths, each of shape (N,), float64.
    """
    columns, rows = round((LATERAL[1] - LATERAL[0]) / BOX[0]), round(DEEPEST / BOX[1])
    jitter = rng.random((2, rows, columns))
    x = LATERAL[0] + BOX[0] * (np.arange(columns) + jitter[0])
    z = BOX[1] * (np.arange(rows)[:, None] + jitter[1])
    return x.ravel(), z.ravel()


def draw_scene(
    look: float, scanner: Scanner, body: np.random.Generator, view: np.random.Generator
) -> Scene:
    """Draw a view of a patient.

    Args:
        look: Look score of the patient's lesion.
        scanner: The scanner.
        body: Stream of the patient: anatomy, lesion's size and outline.
        view: Stream of the view: lesion's place, settings, speckle.
    """
    lesion = draw_lesion(look, scanner, body, view)
    headroom, fading = view.uniform(*scanner.headroom), view.uniform(*scanner.fading)
    x, z = scatter(view)
    shift = view.uniform(-0.08, 0.08)
    reflectivity = lesion.paint(layers(x + shift, z, scanner.zoom, body), x, z)
    return Scene(
        scanner=scanner,
        lesion=lesion,
        x=x.astype(np.float32),
        z=z.astype(np.float32),
        reflectivity=reflectivity.astype(np.float32),
        scattering=view.standard_normal(len(x), dtype=np.float32),
        headroom=float(headroom),
        fading=float(fading),
    )
