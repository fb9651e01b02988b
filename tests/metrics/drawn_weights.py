"""Networks for the tests: drawn from a seed, registered as a user registers the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins import known_weights
from plugins.perceptual import Net
from tests.plugins.small_weights import trunk, written


def registered(folder: Path, *nets: Net) -> pytest.MonkeyPatch:
    """From here to its undo(), the user has these networks, by drawn files, and no other."""
    files = tuple(written(folder, net, trunk(net)) for net in nets)
    patch = nothing_registered(folder)
    patch.setattr(known_weights, "KNOWN", files)
    return patch


def nothing_registered(folder: Path) -> pytest.MonkeyPatch:
    """From here to its undo(), the user's weight files lie in this folder alone."""
    patch = pytest.MonkeyPatch()
    patch.setenv("BENCH_WEIGHTS", str(folder))
    patch.setenv("TORCH_HOME", str(folder))
    return patch
