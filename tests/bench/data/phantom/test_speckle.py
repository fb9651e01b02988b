"""The phantom's speckle has the statistics of fully developed speckle."""

import numpy as np
import pytest

from bench.data.phantom import bmode
from bench.data.phantom.scanner import Scanner
from bench.data.phantom.scene import draw_scene, scatter


def envelope(rng, every=1):
    """Envelope of a uniform scattering medium, away from the borders."""
    x, z = (position[::every] for position in scatter(rng))
    amplitude = rng.standard_normal(len(x))
    parts = (part.astype(np.float32) for part in (x, z, amplitude))
    return np.abs(bmode.echo(*parts, Scanner(), 128))[0, 16:-16, 16:-16]


def test_fully_developed_speckle_is_rayleigh():
    envelopes = [envelope(np.random.default_rng(seed)) for seed in range(4)]
    scaled = np.concatenate([e / np.sqrt((e**2).mean(1, keepdims=True)) for e in envelopes])
    assert scaled.mean() / scaled.std() == pytest.approx(1.91, abs=0.06)
    for level in (0.3, 0.7, 1.2, 1.8):
        assert (scaled > level).mean() == pytest.approx(np.exp(-(level**2)), abs=0.015)


def test_few_scatterers_are_not():
    sparse = envelope(np.random.default_rng(0), every=23)
    assert sparse.mean() / sparse.std() < 1.5


def test_speckle_forgets_at_the_stated_rate():
    scene = draw_scene(0.0, Scanner(), *(np.random.default_rng(k) for k in (0, 1)))
    still = np.zeros((16, 3))
    echoes = list(scene.echoes(still, 1.0, 64, np.random.default_rng(2)))
    for lag in (1, 5, 15):
        overlap = np.vdot(echoes[0], echoes[lag]).real
        overlap /= np.linalg.norm(echoes[0]) * np.linalg.norm(echoes[lag])
        assert overlap == pytest.approx(scene.memory**lag, abs=0.03)


def test_the_carriers_give_independent_speckle():
    scene = draw_scene(0.0, Scanner(), *(np.random.default_rng(k) for k in (0, 1)))
    (first, second), *_ = scene.echoes(np.zeros((1, 3)), 1.0, 64, np.random.default_rng(2))
    overlap = abs(np.vdot(first, second)) / np.linalg.norm(first) / np.linalg.norm(second)
    assert overlap < 0.3
