"""Fixtures of the data's tests that these use too."""

from __future__ import annotations

from tests.bench.data.conftest import sample_data as sample_data
from tests.bench.data.conftest import tools as tools
