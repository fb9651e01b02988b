"""What `bench.data` shows, and what importing it costs."""

import subprocess
import sys
from pathlib import Path

import pluggy
import pytest

import bench.data
from plugins import hooks
from plugins.dataset import Dataset

HERE = Path(__file__).parents[3]


def test_every_name_is_there():
    for name in bench.data.__all__:
        assert getattr(bench.data, name)
    with pytest.raises(AttributeError, match="nothing"):
        _ = bench.data.nothing


def test_importing_takes_no_torch():
    light = "cache, decode, settings, sheet, spec, splits"
    program = f"import sys; from bench.data import {light}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=HERE).returncode == 0


def test_the_hook_offers_the_readers():
    manager = pluggy.PluginManager(hooks.GROUP)
    manager.add_hookspecs(hooks)
    manager.register(bench.data)
    manager.check_pending()
    (readers,) = manager.hook.bench_datasets()
    names = {"busi", "busv", "folder", "phantom", "pocus", "vtus"}
    assert {reader.name for reader in readers} == names
    assert all(issubclass(reader, Dataset) for reader in readers)
