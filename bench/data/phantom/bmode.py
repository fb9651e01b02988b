"""From moving scatterers to B-mode frames.

The echo is the sum over point scatterers of a pulse that a transducer sends
(Jensen, A model for the propagation and scattering of ultrasound in tissue, JASA
89, 1991; Field II, 1996). Here the pulse is Gaussian along depth and across, and
the carrier is removed: each scatterer is laid down with its phase on a grid twice
as fine as the image, the grid is blurred, and the magnitude is the envelope. Where
many scatterers share a resolution cell, the envelope is Rayleigh distributed, mean
over standard deviation 1.91 (Wagner et al., Statistics of speckle in ultrasound
B-scans, IEEE Trans. Sonics Ultrasonics 30, 1983).
"""

from functools import lru_cache

import numpy as np
from scipy import fft

from .scanner import Scanner

FINE = 2
PAD = 0.06


@lru_cache(maxsize=8)
def _blur(scanner: Scanner, size: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Axial blur (R, Z) on depth, lateral blur (R, X) on spatial frequency, and the padding."""
    pitch = 1.0 / (FINE * size)
    pad = int(np.ceil(PAD / pitch))
    rows = (np.arange(FINE * size) + 0.5) * pitch
    sources = (np.arange(FINE * size + pad) + 0.5) * pitch
    axial = np.exp(-0.5 * ((rows[:, None] - sources) / scanner.axial) ** 2)
    axial /= np.sqrt((axial**2).sum(1, keepdims=True))
    columns = fft.next_fast_len(FINE * size + 2 * pad)
    frequency = fft.fftfreq(columns, pitch)
    lateral = np.exp(-2.0 * (np.pi * frequency * scanner.lateral_width(rows)[:, None]) ** 2)
    lateral /= np.sqrt((lateral**2).mean(1, keepdims=True))
    return axial.astype(np.float32), lateral.astype(np.float32), pad


def echo(
    x: np.ndarray, z: np.ndarray, amplitude: np.ndarray, scanner: Scanner, size: int
) -> np.ndarray:
    """Received complex echo of scatterers.

    Args:
        x: Lateral positions, shape (N,), 0 to 1 across the image, and beyond it.
        z: Depths, shape (N,), 0 at the probe, 1 at the bottom, and beyond it.
        amplitude: Real scattering amplitudes, shape (N,), of either sign.
        scanner: Pulse and beam.
        size: Side of the image, pixels.

    Returns:
        Shape (L, 2 size, 2 size), complex64, one per carrier, depth first.
    """
    axial, lateral, pad = _blur(scanner, size)
    n_rows, n_columns = axial.shape[1], lateral.shape[1]
    row = z * np.float32(FINE * size) - np.float32(0.5)
    column = x * np.float32(FINE * size) + np.float32(pad - 0.5)
    seen = (row > -1.0) & (row < n_rows - 1) & (column >= 0.0) & (column < n_columns - 1)
    row, column, amplitude, z = row[seen] + 1.0, column[seen], amplitude[seen], z[seen]
    top, left = row.astype(np.int32), column.astype(np.int32)
    low, right = row - top, column - left
    # One row above the grid catches what lies within half a cell of the probe.
    first = top * n_columns + left
    cells = np.concatenate([first, first + 1, first + n_columns, first + n_columns + 1])
    share = np.concatenate(
        [(1 - low) * (1 - right), (1 - low) * right, low * (1 - right), low * right]
    )
    grid = np.empty((len(scanner.carriers), (n_rows + 1) * n_columns, 2), np.float32)
    for look, cycles in enumerate(scanner.carriers):
        phase = np.float32(2.0 * np.pi) * np.modf(np.float32(cycles) * z)[0]
        for part, wave in enumerate((np.cos(phase), np.sin(phase))):
            weight = share * np.tile(amplitude * wave, 4)
            grid[look, :, part] = np.bincount(cells, weight, grid.shape[1])
    grid = grid.reshape(len(grid), n_rows + 1, -1)[:, 1:]
    blurred = (axial @ grid).view(np.complex64)
    received = fft.ifft(fft.fft(blurred) * lateral)
    return received[:, :, pad : pad + FINE * size]


def detect(received: np.ndarray, rate: float) -> np.ndarray:
    """Envelope of an echo, averaged over carriers and over the fine grid.

    Args:
        received: Shape (L, 2 size, 2 size), complex64, from `echo`.
        rate: What the depth gain leaves uncorrected, nepers per unit depth.

    Returns:
        Shape (size, size), float32, 0 or more.
    """
    envelope = np.abs(received).mean(0)
    side = len(envelope) // FINE
    envelope = envelope.reshape(side, FINE, side, FINE).mean((1, 3))
    depth = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side)
    return envelope * np.exp(-np.float32(rate) * depth)[:, None]


def compress(envelope: np.ndarray, white: float, scanner: Scanner) -> np.ndarray:
    """Log-compress an envelope to grey.

    Args:
        envelope: Any shape, 0 or more.
        white: Envelope that is shown white, above 0.
        scanner: Dynamic range and grey map.

    Returns:
        Same shape, uint8.
    """
    decibel = 20.0 * np.log10(np.maximum(envelope / np.float32(white), 1e-12))
    grey = np.clip(1.0 + decibel / np.float32(scanner.dynamic_range), 0.0, 1.0)
    return np.rint(255.0 * grey ** np.float32(scanner.contrast)).astype(np.uint8)
