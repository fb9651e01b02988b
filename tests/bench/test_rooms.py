"""A folder that shadows one of the packages is named, and nothing is computed with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.rooms import check_rooms
from plugins.errors import BenchError


def test_the_installed_rooms_pass() -> None:
    check_rooms()


def test_a_folder_called_metrics_is_named(tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "__init__.py").write_text("")
    answer = subprocess.run(
        [sys.executable, "-m", "bench", "plugins"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 2
    assert f"the package 'metrics' is imported from {tmp_path / 'metrics'}" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_room_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="the package 'plugins'"):
        check_rooms(tmp_path)
