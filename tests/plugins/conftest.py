"""A training that nothing interrupted, to compare with."""

from __future__ import annotations

import pytest

from tests.plugins.small_training import learn


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return learn(tmp_path_factory.mktemp("uninterrupted"))
