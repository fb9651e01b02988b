"""A result is whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.store import Store, write_atomically
from plugins.errors import BenchError

KEY = "ab" * 32


def finished(store: Store) -> Path:
    (store.begin(KEY) / "weights.bin").write_bytes(b"12345")
    store.finish(KEY, {"figures": {"value": 1.5}})
    return store.cell(KEY)


def test_a_result_is_found_after_it_is_finished_only(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (store.begin(KEY) / "weights.bin").write_bytes(b"123")
    assert store.result(KEY) is None
    finished(store)
    result = Store(tmp_path).result(KEY)
    assert result is not None
    assert result["figures"] == {"value": 1.5}
    assert result["files"] == {"weights.bin": 5}
    assert not store.work(KEY).exists()


def test_a_result_written_just_before_a_kill_is_no_file_of_the_next(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (store.begin(KEY) / "result.json").write_text('{"files": {}}')
    finished(store)
    result = store.result(KEY)
    assert result is not None
    assert result["files"] == {"weights.bin": 5}


@pytest.mark.parametrize("damage", ["truncate", "remove", "garbage"])
def test_a_damaged_result_counts_as_not_there_and_can_be_replaced(
    tmp_path: Path, damage: str
) -> None:
    store = Store(tmp_path)
    folder = finished(store)
    if damage == "truncate":
        (folder / "weights.bin").write_bytes(b"1")
    elif damage == "remove":
        (folder / "weights.bin").unlink()
    else:
        (folder / "result.json").write_text("{")
    assert store.result(KEY) is None
    finished(store)
    assert store.result(KEY) is not None


def test_a_failure_is_no_result_and_goes_when_the_cell_succeeds(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.fail(KEY, {"error": "boom"})
    assert store.result(KEY) is None
    assert store.failure(KEY) == {"error": "boom"}
    finished(store)
    assert store.failure(KEY) is None


def test_the_work_folder_of_a_killed_run_is_handed_back(tmp_path: Path) -> None:
    (Store(tmp_path).begin(KEY) / "checkpoint").write_text("half")
    assert (Store(tmp_path).begin(KEY) / "checkpoint").read_text() == "half"


def test_a_file_in_the_way_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="--store"):
        Store(tmp_path / "file")


def test_write_atomically_leaves_nothing_beside(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.json", json.dumps({"x": 1}))
    write_atomically(tmp_path / "a.json", json.dumps({"x": 2}))
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 2}


def test_what_a_killed_run_left_half_written_is_no_file_of_the_result(tmp_path: Path) -> None:
    store = Store(tmp_path)
    folder = store.begin("k")
    (folder / ".predictions.csv.0123.tmp").write_text("id,")
    (folder / "predictions.csv").write_text("id,label\n")
    store.finish("k", {"figures": {}})
    result = store.result("k")
    assert result is not None
    assert list(result["files"]) == ["predictions.csv"]
    assert {p.name for p in store.cell("k").iterdir()} == {"predictions.csv", "result.json"}
