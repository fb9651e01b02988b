"""A small copy of BUSV: one to read, and one to change."""

import shutil

import pytest

from tests.bench.data.readers.busv import tree


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """A copy with annotations, which no test changes."""
    root = tmp_path_factory.mktemp("busv") / "BUSV"
    tree.build(root)
    return root


@pytest.fixture
def root(published, tmp_path):
    """A copy to change."""
    return shutil.copytree(published, tmp_path / "BUSV")
