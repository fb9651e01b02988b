"""Where a data set starts, and what its readers say of what lies in it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.data.readers.layout import (
    Exclusions,
    among,
    find_home,
    holding,
    listed,
    listed_or_fault,
    naming_problem,
    nfc,
    refuse,
    some,
)
from bench.data.readers.loose import has_loose_images, loose_images
from bench.data.readers.record import FileRecord
from plugins.dataset import Dataset, Record
from plugins.errors import DataError, FaultyDataError


class Reader(Dataset):
    """Whence the data come."""

    name: ClassVar[str] = "reader"

    def videos(self) -> Sequence[Record]:
        """None."""
        return []

    def images(self) -> Sequence[Record]:
        """None."""
        return []


def home(root: Path, *below: str) -> Path:
    return find_home(Reader(root=str(root)), "a thing", holding(["Inner"]), below)


def test_a_home_is_the_root_or_below_it(tmp_path):
    (tmp_path / "a" / "b" / "inner").mkdir(parents=True)
    assert home(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert home(tmp_path / "a", "c", "b") == tmp_path / "a" / "b"
    assert home(tmp_path, "b", "*/b") == tmp_path / "a" / "b"
    with pytest.raises(DataError, match=r"expected is a thing; found: a\n\nreader: Whence the"):
        home(tmp_path, "b")


def test_the_nearest_home_counts_and_of_two_none(tmp_path):
    for name in ("b", "x/b", "y/b"):
        (tmp_path / name / "INNER").mkdir(parents=True)
    assert home(tmp_path, "b", "*/b") == tmp_path / "b"
    with pytest.raises(DataError, match="holds 2 copies of the data: x/b, y/b; name one"):
        home(tmp_path, "*/b")


def test_a_root_that_nobody_may_look_at(tmp_path, monkeypatch):
    def refused(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "stat", refused)
    with pytest.raises(DataError, match=r"x: cannot be read: Permission denied; expected is a th"):
        home(tmp_path / "x")


def test_a_reader_without_a_root():
    with pytest.raises(DataError, match="the reader reader needs a folder: a thing"):
        find_home(Reader(), "a thing", holding(["x"]), ())


def test_what_cannot_be_listed_is_one_fault(tmp_path, locked):
    locked(tmp_path)
    with pytest.raises(DataError, match="cannot be read: Permission denied"):
        listed(tmp_path)
    faults: list[str] = []
    assert listed_or_fault(tmp_path, faults) == []
    assert len(faults) == 1
    assert listed_or_fault(tmp_path / "gone", faults) == []
    assert faults[1].endswith("gone: cannot be read: No such file or directory")


def test_names_that_nothing_can_be_read_under(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "broken").symlink_to("gone")
    (tmp_path / "circle").symlink_to("circle")
    assert naming_problem(tmp_path / "file") == naming_problem(tmp_path / "link") == ""
    assert "broken: a link to gone, which does not exist" in naming_problem(tmp_path / "broken")
    assert "circle: a link to circle" in naming_problem(tmp_path / "circle")
    problem = naming_problem(tmp_path / os.fsdecode(b"\xff.png"))
    assert problem.endswith("'\\udcff.png': the name is not valid UTF-8; rename it")
    assert problem.encode()


def test_faults_are_told_line_by_line_with_what_is_sound():
    record = FileRecord(Path("a"), "a", "a", "x")
    refuse("all is well", [], [record])
    with pytest.raises(FaultyDataError) as error:
        refuse("here", ["a: bad", "b: worse"], [record])
    assert str(error.value) == (
        "here; mend what follows, or leave it out with 'exclude':\n  a: bad\n  b: worse"
    )
    assert error.value.records == (record,)


def test_an_error_among_faults_is_one_more_of_them():
    faults: list[str] = []
    with pytest.raises(DataError, match="a table"), among(faults):
        raise DataError("a table is wrong")
    faults.append("a: bad")
    with among(faults):
        raise DataError("a table is wrong")
    assert faults == ["a: bad", "a table is wrong"]


@given(st.lists(st.text("abc/*?", min_size=1, max_size=4), unique=True), st.text("abc/"))
def test_a_pattern_is_used_or_complained_of(patterns, id):
    exclusions = Exclusions(patterns)
    hit = exclusions.match(id)
    unused = exclusions.unused(Path("root"))
    assert hit == (len(unused) < len(patterns))


@given(st.lists(st.text("ab", min_size=1, max_size=3)), st.integers(1, 8))
def test_a_few_names_are_shown_and_the_rest_counted(names, most):
    told = some(names, most)
    shown, _, more = told.partition(" and ")
    assert shown == ", ".join(names[:most])
    assert more == (f"{len(names) - most} more" if len(names) > most else "")


def test_one_spelling_for_an_accented_letter():
    assert nfc("e\u0301") == nfc("\u00e9") == "\u00e9"


def test_loose_images_are_listed_with_what_does_not_belong(tmp_path):
    for name in ("b.png", "a10.png", "a9.PNG", "notes.txt"):
        (tmp_path / name).touch()
    assert has_loose_images(tmp_path)
    assert [r.id for r in loose_images(tmp_path)] == ["a9.PNG", "a10.png", "b.png"]
    (tmp_path / "film.mp4").touch()
    (tmp_path / "z.png").symlink_to("gone.png")
    with pytest.raises(FaultyDataError, match="holds more than images") as error:
        loose_images(tmp_path)
    assert len(error.value.faults) == 2
    assert [r.id for r in error.value.records] == ["a9.PNG", "a10.png", "b.png"]
    (tmp_path / "folder").mkdir()
    assert not has_loose_images(tmp_path)
