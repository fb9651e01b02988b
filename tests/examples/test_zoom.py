"""The example distribution installs, is found, keeps the contract and runs in the matrix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.conftest import TINY

EXAMPLE = Path(__file__).parents[2] / "examples" / "usbench-zoom"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed in it by pip."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation",
        "--disable-pip-version-check", "--target", str(folder), str(EXAMPLE),
    ]  # fmt: skip
    subprocess.run(command, check=True)
    return folder


def bench(site: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )


def test_it_is_listed_with_its_distribution(site: Path, tmp_path: Path) -> None:
    listed = json.loads(bench(site, "plugins", "zoom", "--json", cwd=tmp_path).stdout)
    (zoom,) = listed["plugins"]
    assert zoom["distribution"] == "usbench-zoom 0.1.0"
    assert zoom["parameters"][0]["doc"] == "Magnification of the last frame."


def test_it_keeps_the_contract(site: Path, tmp_path: Path) -> None:
    answer = bench(site, "check", "zoom", cwd=tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "FAIL" not in answer.stdout


def test_it_stands_in_the_table(site: Path, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(TINY)
    answer = bench(
        site, "run", "tiny.toml", "--generators", "zoom", "--protocols", "real", cwd=tmp_path
    )
    assert answer.returncode == 0, answer.stderr
    assert "zoom" in answer.stdout[answer.stdout.index("Table 1") :]
