"""A few simulated clips and stills, which no test changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.conformance_data import simulated_clips, simulated_stills
from plugins.clips import ClipSet
from plugins.generator import Stills

SIZE = 32
"""Height and width in pixels."""


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for decoded videos."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def clips(cache: Path) -> ClipSet:
    """Training clips, (1, 16, SIZE, SIZE)."""
    return simulated_clips(cache, SIZE)


@pytest.fixture(scope="session")
def stills(cache: Path) -> Stills:
    """Images (1, SIZE, SIZE) with seeds and labels."""
    return simulated_stills(cache, SIZE)
