"""A small copy of BUSI to change."""

import pytest

from tests.bench.data.readers.busi.tree import build


@pytest.fixture
def home(tmp_path):
    return build(tmp_path / "Dataset_BUSI_with_GT")
