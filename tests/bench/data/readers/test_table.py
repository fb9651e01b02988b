"""Tables that users write: rows, missing files, and where they may lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.data.readers.table import table, table_places
from plugins.errors import DataError


def test_a_table_is_read_row_by_row(tmp_path):
    path = tmp_path / "t.csv"
    assert table(path, ("a",)) is None
    path.write_text('\ufeffa,b\n 1 ,"x\ny"\n2\n3,4,5\n', "utf-8")
    rows = table(path, ("a", "b"))
    assert rows
    assert [row.cells for row in rows] == [
        {"a": "1", "b": "x\ny"},
        {"a": "2", "b": ""},
        {"a": "3", "b": "4"},
    ]
    assert rows[1].where == f"{path}, line 4"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lacks the column a and b"),
        (b"b\n1\n", "lacks the column a"),
        (b"a,b\n\xff\n", "cannot be read as CSV in UTF-8"),
        (b"a,b\n" + b"x" * 200_000, "cannot be read as CSV in UTF-8: field larger"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"t\.csv: {message}"):
        table(tmp_path / "t.csv", ("a", "b"))


def test_a_folder_or_a_broken_link_is_no_table(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to("gone.csv")
    for name in ("folder.csv", "link.csv"):
        with pytest.raises(DataError, match=f"{name}: cannot be read as CSV"):
            table(tmp_path / name, ("a",))


def test_tables_lie_beside_a_layout_of_the_published_name(tmp_path, monkeypatch):
    frames, other = tmp_path / "frames", tmp_path / "other"
    frames.mkdir()
    assert table_places(frames, "frames", str(tmp_path)) == [tmp_path, frames]
    assert table_places(frames, "frames", str(frames)) == [tmp_path, frames]
    assert table_places(other, "frames", str(other)) == [other]
    monkeypatch.chdir(frames)
    assert table_places(Path(), "frames", ".") == [tmp_path, frames]
