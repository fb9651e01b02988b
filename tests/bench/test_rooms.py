"""A folder that shadows one of the packages is named, and nothing is computed with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.rooms import ROOMS, ShadowedError, check_rooms


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


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("script", [False, True], ids=["module", "script"])
def test_each_shadow_is_one_line_whatever_starts_bench(
    tmp_path: Path, room: str, script: bool
) -> None:
    (tmp_path / room).mkdir()
    (tmp_path / room / "__init__.py").write_text("")
    starts = [str(Path(sys.executable).parent / "bench")] if script else ["-m", "bench"]
    # A script's folder stands first on the path, not the working directory.
    path = {"PYTHONPATH": str(tmp_path)} if script else {}
    answer = subprocess.run(
        [sys.executable, *starts, "plugins"],
        cwd=tmp_path,
        env={**os.environ, **path},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 2
    (line,) = answer.stderr.splitlines()
    assert line.startswith(f"error: the package '{room}' is imported from {tmp_path / room}")
    assert "rename that folder" in line


def test_a_folder_of_a_rooms_name_without_code_shadows_nothing(tmp_path: Path) -> None:
    (tmp_path / "plugins").mkdir()
    subprocess.run([sys.executable, "-m", "bench", "--version"], cwd=tmp_path, check=True)


def test_a_room_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(ShadowedError, match="the package 'plugins'"):
        check_rooms(tmp_path)
