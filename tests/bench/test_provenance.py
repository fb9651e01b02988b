"""A key follows the code that its result depends on, and no other."""

from __future__ import annotations

import ast
import gc
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench import provenance
from bench.provenance import _git_commit, source_digest, source_files


def test_neighbours_stay_apart() -> None:
    still = source_files("generators.controls.still")
    assert "generators.controls.still" in still
    assert "plugins.generator" in still
    assert "generators.controls.jitter" not in still
    assert "plugins.hooks" not in still
    assert not any(name.startswith("bench") for name in still)


def test_shared_code_is_followed() -> None:
    for name in ("oracle", "oracle_blind"):
        assert "generators.controls.continuation" in source_files(f"generators.controls.{name}")


def test_classifiers_depend_on_the_training_helper_but_not_on_each_other() -> None:
    tsm = source_files("classifiers.tsm")
    assert {"classifiers.mmaction", "plugins.training"} <= tsm.keys()
    assert "classifiers.c3d" not in tsm
    assert "plugins.conformance" not in tsm


def test_cells_depend_on_what_shapes_pixels_not_on_tables() -> None:
    files = source_files("bench.cells.synthesize")
    assert {"bench.cells.part", "bench.data.square", "bench.data.cache"} <= files.keys()
    assert not any("tables" in name or "commands" in name or "live" in name for name in files)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``pkg`` with two plugins side by side, one of them with a helper."""
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "pkg"
    (folder / "sub").mkdir(parents=True)
    (folder / "__init__.py").write_text("from pkg.one import One\nfrom pkg.two import Two\n")
    (folder / "one.py").write_text("from .sub import helper\nclass One: ...\n")
    (folder / "two.py").write_text("class Two: ...\n")
    (folder / "sub" / "__init__.py").write_text("from pkg.sub.deep import helper as helper\n")
    (folder / "sub" / "deep.py").write_text("def helper():\n    import pkg.late\n")
    (folder / "late.py").write_text("X = 1\n")
    yield folder
    for name in [n for n in sys.modules if n.partition(".")[0] == "pkg"]:
        del sys.modules[name]


@pytest.mark.usefixtures("package")
def test_re_exports_and_late_imports_are_followed() -> None:
    assert source_files("pkg.one").keys() == {"pkg.one", "pkg.sub.deep", "pkg.late"}


def test_the_digest_changes_with_each_file_it_depends_on_only(package: Path) -> None:
    def digest() -> str:
        source_digest.cache_clear()
        return source_digest("pkg.one")

    before = digest()
    for name in ("two.py", "__init__.py"):
        (package / name).write_text((package / name).read_text() + "# a comment\n")
    assert digest() == before
    for name in ("one.py", "sub/deep.py", "late.py"):
        (package / name).write_text((package / name).read_text() + "# a comment\n")
        assert digest() != before
        before = digest()


def test_a_foreign_plugin_depends_on_the_built_in_code_it_derives_from(package: Path) -> None:
    (package / "two.py").write_text(
        "from classifiers.mmaction import MMActionClassifier\nfrom generators import lddm\n"
        "class Two: ...\n"
    )
    files = source_files("pkg.two").keys()
    assert {"pkg.two", "classifiers.mmaction", "classifiers.batches", "generators.lddm"} <= files
    assert not {"classifiers.tsm", "classifiers.c3d", "generators.controls.jitter"} & files


def test_the_commit_is_that_of_the_project_only(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        names = ["-c", "user.name=a", "-c", "user.email=a@b"]
        answer = subprocess.run(
            ["git", *names, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return answer.stdout.strip()

    checkout, installed = tmp_path / "bench", tmp_path / "venv" / "site-packages" / "bench"
    for folder in (checkout, installed):
        folder.mkdir(parents=True)
        (folder / "code.py").write_text("")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "all")
    assert _git_commit(checkout) == git("rev-parse", "HEAD")
    assert _git_commit(installed) is None


def test_sources_are_parsed_by_one_thread_at_a_time():
    """Two at once raise SystemError in Python before 3.11.8, if a collection lets another in."""
    path = Path(provenance.__file__)
    before = gc.get_threshold()

    def let_others_in(*_):
        time.sleep(0.0005)

    gc.callbacks.append(let_others_in)
    gc.set_threshold(200, 1, 1)
    try:
        with ThreadPoolExecutor(4) as pool:
            parsed = list(pool.map(provenance._parsed, [path] * 40))
    finally:
        gc.callbacks.remove(let_others_in)
        gc.set_threshold(*before)
    assert len({ast.dump(tree) for tree in parsed}) == 1
