"""Random motion with the second moments of the training clips' motion, and nothing else of it."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float64
from torch import Tensor

from generators.controls.fields import Fields
from generators.controls.measured import Motions
from generators.controls.motion_moments import Moments, moments
from generators.controls.pull_back import MotionField, cells
from generators.controls.spatial_kernel import LENGTHS, fit_mixture, kernels


class GaussianMotion(Motions):
    """A Gaussian field of displacements, its size drawn per clip.

    u(c, t, p) = b (m(c, t) + e(c, t, p)). The shift m of the whole image
    has the training fields' covariance between all components and frames.
    The deformation e has no mean over the image; each component has their
    covariance between frames, times a correlation between places that
    depends on how far apart they are, down and across (`fit_mixture`). Both are positive
    definite by construction. The factor b has a mean square of 1, so that
    the moments stay, and is lognormal. Its spread is such that the energy
    of a clip varies between clips as between the training fields; where
    those vary less than Gaussian fields do, b is 1.

    Args:
        shape: (C, T, H, W) of the training clips.
        grid: cells along the longer side.
    """

    shift: Tensor
    time: Tensor
    mixture: Tensor
    spread: Tensor

    def __init__(self, shape: tuple[int, int, int, int], grid: int) -> None:
        super().__init__()
        n_frames, (self._height, self._width) = shape[1] - 1, cells(shape[2:], grid)
        side, k = max(self._height, self._width), len(LENGTHS)
        for name, size in {
            "shift": (2 * n_frames, 2 * n_frames),
            "time": (2, n_frames, n_frames),
            "mixture": (2, k, k),
            "spread": (),
        }.items():
            self.register_buffer(name, torch.zeros(size, dtype=torch.float64))
        self._rows = torch.stack([root(kernel) for kernel in kernels(self._height, side)])
        self._columns = torch.stack([root(kernel) for kernel in kernels(self._width, side)])

    def learn(self, fields: Fields) -> None:
        """Take the moments of fields; see the class."""
        found = moments(fields)
        self.shift.copy_(root(found.shift))
        for component in range(2):
            self.time[component] = root(found.time[component])
            mixture = fit_mixture(found.space[component], self._height, self._width)
            self.mixture[component] = mixture
        self.spread.fill_(self._spread(found))

    def draw(self, seed: int) -> MotionField:
        """A field of the learned frames; see `Motions.draw`."""
        stream = torch.Generator().manual_seed(seed)

        def noise(*size: int) -> Tensor:
            return torch.randn(*size, generator=stream, dtype=torch.float64)

        spread = float(self.spread)
        factor = math.exp(spread * float(noise(1)) / 2 - spread**2 / 4)
        field = (
            (self.shift @ noise(len(self.shift)))
            .view(2, -1, 1, 1)
            .repeat(1, 1, self._height, self._width)
        )
        for component in range(2):
            j, k = self.mixture[component].nonzero(as_tuple=True)
            rows = self.mixture[component, j, k].sqrt().view(-1, 1, 1) * self._rows[j]
            drawn = noise(len(j), *field.shape[1:])
            even = (rows[:, None] @ drawn @ self._columns[k][:, None]).sum(0)
            even -= even.mean((1, 2), keepdim=True)
            field[component] += torch.tensordot(self.time[component], even, 1)
        return (factor * field).float()

    def _spread(self, found: Moments) -> float:
        """The standard deviation of log b^2."""
        mean = float(found.energy.mean())
        if mean == 0:
            return 0.0
        measured = 1 + float(found.energy.var(correction=0)) / mean**2
        gaussian = 1 + self._energy_variance(found) / mean**2
        return math.sqrt(math.log(max(measured / gaussian, 1.0)))

    def _energy_variance(self, found: Moments) -> float:
        """Of a clip's energy where b is 1: 2 tr(C^2), C being the covariance of all its parts."""
        total = 2 * float(found.shift.square().sum())
        for component in range(2):
            space = self._covariance(component) / (self._height * self._width)
            total += 2 * float(found.time[component].square().sum() * space.square().sum())
        return total

    def _covariance(self, component: int) -> Float64[Tensor, "n n"]:
        """Between cells, row by row, of the deformation of variance 1."""
        n = self._height * self._width
        mixed = torch.zeros(n, n, dtype=torch.float64)
        for j, k in self.mixture[component].nonzero().tolist():
            row, column = (f[i] @ f[i] for f, i in ((self._rows, j), (self._columns, k)))
            mixed += self.mixture[component, j, k] * torch.kron(row, column)
        mixed -= mixed.mean(0)
        return mixed - mixed.mean(1, keepdim=True)


def root(covariance: Float64[Tensor, "n n"]) -> Float64[Tensor, "n n"]:
    """The symmetric square root; what rounding made negative counts as 0."""
    values, vectors = torch.linalg.eigh(covariance)
    return (vectors * values.clamp_min(0).sqrt()) @ vectors.T
