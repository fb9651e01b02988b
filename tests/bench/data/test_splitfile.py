"""Splits made elsewhere: manifests and tables, held against the videos that are there."""

from __future__ import annotations

import hashlib
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.splitfile import MADE_ELSEWHERE, read_sides, read_split
from bench.data.splits import Split, split
from bench.data.subject import Subject
from plugins.errors import DataError


def videos(**groups: str) -> list[Subject]:
    """Per class the groups of its videos, one letter each: a='ppq' makes a/0 to a/2."""
    return [
        Subject(f"{c}/{i}", f"{c}:{group}", c, hashlib.sha256(f"{c}{i}".encode()).hexdigest())
        for c, letters in groups.items()
        for i, group in enumerate(letters)
    ]


THERE = videos(a="pprsst", é="uvwwxy")


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest of the videos."""
    path = tmp_path / "split.json"
    split(THERE, "5:5", 3).save(path)
    return path


def table(folder: Path, sides: dict[str, str], name: str = "split.csv") -> Path:
    """A table of id and side."""
    path = folder / name
    rows = "".join(f"{id},{side}\n" for id, side in sides.items())
    path.write_text("id,side\n" + rows, encoding="utf-8")
    return path


def halves() -> dict[str, str]:
    """Sides that tear no group."""
    return {v.id: "train" if int(v.id[-1]) < 3 else "test" for v in THERE} | {"é/3": "train"}


def test_a_manifest_says_all_that_was_drawn(manifest: Path) -> None:
    drawn = split(THERE, "5:5", 3)
    assert read_split(manifest, THERE) == drawn
    assert read_split(manifest, THERE[::-1]) == drawn
    assert read_split(manifest, THERE).seed == 3


def test_a_manifest_takes_the_groups_that_are_known_now(manifest: Path) -> None:
    drawn = split(THERE, "5:5", 3)
    train, test = drawn.train[0], drawn.test[0]
    renamed = [v._replace(group=f"family {v.group}") for v in THERE]
    again = read_split(manifest, renamed)
    assert (again.train, again.test) == (drawn.train, drawn.test)
    assert again.groups == {v.id: v.group for v in renamed}
    joined = [v._replace(group="one") if v.id in (train, test) else v for v in THERE]
    told = rf"split\.json: '{train}' \(train\) and '{test}' \(test\) are of one group, 'one'"
    with pytest.raises(DataError, match=told):
        read_split(manifest, joined)
    assert read_sides(manifest, joined).groups[train] == "one"


def test_a_manifest_must_fit_the_videos(manifest: Path) -> None:
    first = THERE[0]
    with pytest.raises(
        DataError, match=r"split\.json: 1 of 12 ids are not among the videos: a/0; take them out"
    ):
        read_split(manifest, THERE[1:])
    new = Subject("new", "new", "a", "0" * 64)
    with pytest.raises(DataError, match=r"does not say where 1 of 13 videos belong: new; add them"):
        read_split(manifest, [*THERE, new])
    with pytest.raises(DataError, match="'a/0' is now of class 'é', not 'a'; write the split agai"):
        read_split(manifest, [first._replace(label="é"), *THERE[1:]])
    with pytest.raises(DataError, match="the pixels of 'a/0' are not those that it was made for"):
        read_split(manifest, [first._replace(content="0" * 64), *THERE[1:]])


def test_many_lost_ids_are_counted_and_a_few_named(manifest: Path) -> None:
    told = "9 of 12 ids are not among the videos: a/0, a/1, a/2, a/3, a/4 and 4 more"
    with pytest.raises(DataError, match=told):
        read_split(manifest, THERE[9:])


def test_a_table_says_sides_and_the_videos_all_else(tmp_path: Path) -> None:
    sides = halves()
    made = read_split(table(tmp_path, sides), THERE)
    assert made.train == tuple(sorted(id for id, side in sides.items() if side == "train"))
    assert made.test == tuple(sorted(id for id, side in sides.items() if side == "test"))
    assert made.labels == {v.id: v.label for v in THERE}
    assert made.groups == {v.id: v.group for v in THERE}
    assert made.contents == {v.id: v.content for v in THERE}
    assert (made.seed, made.rule, made.ratio) == (None, MADE_ELSEWHERE, "58:42")


def test_a_table_may_come_from_a_spreadsheet(tmp_path: Path) -> None:
    """A mark of the byte order, capitals, blanks, other columns, composed otherwise, twice."""
    lines = [f" {id} , {side.upper()},x" for id, side in halves().items()]
    text = unicodedata.normalize("NFD", "\r\n".join(["id,side,fold", *lines, lines[0], "", ""]))
    path = tmp_path / "split.CSV"
    path.write_bytes(text.encode("utf-8-sig"))
    assert read_split(path, THERE) == read_split(table(tmp_path, halves()), THERE)


def test_a_table_read_back_from_a_manifest_of_it(tmp_path: Path) -> None:
    made = read_split(table(tmp_path, halves()), THERE)
    made.save(tmp_path / "again.json")
    assert Split.read(tmp_path / "again.json") == made
    assert read_split(tmp_path / "again.json", THERE) == made


@given(
    st.lists(st.integers(1, 4), min_size=2, max_size=9),
    st.sampled_from(["7:3", "5:5", "3:7", "9:1"]),
    st.integers(0, 2**63 - 1),
)
@settings(deadline=None, max_examples=25)
def test_any_split_means_the_same_as_manifest_and_as_table(sizes, ratio, seed) -> None:
    letters = "".join(chr(ord("a") + g) * size for g, size in enumerate(sizes))
    there = videos(a=letters, b=letters[::-1])
    drawn = split(there, ratio, seed)
    with tempfile.TemporaryDirectory() as name:
        drawn.save(Path(name) / "split.json")
        sides = dict.fromkeys(drawn.train, "train") | dict.fromkeys(drawn.test, "test")
        assert read_split(Path(name) / "split.json", there) == drawn
        told = read_split(table(Path(name), sides), there)
    assert (told.train, told.test, told.groups) == (drawn.train, drawn.test, drawn.groups)
    n_train, _, n_test = told.ratio.partition(":")
    share = int(n_train) / (int(n_train) + int(n_test))
    assert share == pytest.approx(len(drawn.train) / len(there), abs=0.0051)


WRONG = [
    ({"a/0": "tset"}, r"split\.csv, line 2: side is 'tset'; write train or test"),
    ({"a/0": ""}, r"split\.csv, line 2: side is ''; write train or test"),
    ({"": "train"}, r"split\.csv, line 14: the id is empty"),
    ({"b/0": "train"}, r"split\.csv: 1 of 13 ids are not among the videos: b/0; take them out"),
    ({"../a/0": "train"}, r"1 of 13 ids are not among the videos: \.\./a/0"),
    (
        {"a/1": "test"},
        r"split\.csv: 'a/0' \(train\) and 'a/1' \(test\) are of one group, 'a:p'; put the whole",
    ),
    ({v.id: "train" for v in THERE}, r"split\.csv: the test side is empty"),
    ({v.id: "test" for v in THERE}, r"split\.csv: the train side is empty"),
    (
        {v.id: "test" for v in THERE if v.label == "a"},
        r"split\.csv: class 'a' has no video on the train side; put one there",
    ),
]


@pytest.mark.parametrize(("changed", "message"), WRONG)
def test_a_wrong_table_is_refused(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    path = table(tmp_path, halves() | changed)
    with pytest.raises(DataError, match=message):
        read_split(path, THERE)


def test_a_table_that_leaves_videos_out_or_contradicts_itself(tmp_path: Path) -> None:
    few = {id: side for id, side in halves().items() if id != "é/5"}
    with pytest.raises(DataError, match=r"does not say where 1 of 12 videos belong: é/5"):
        read_split(table(tmp_path, few), THERE)
    with pytest.raises(DataError, match=r"does not say where 12 of 12 videos belong"):
        read_split(table(tmp_path, {}), THERE)
    path = table(tmp_path, halves())
    path.write_text(path.read_text(encoding="utf-8") + "a/0,test\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 14: 'a/0' is on both sides; leave it on one"):
        read_split(path, THERE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"id;side\na/0;train\n", "lacks the column id and side"),
        (b"id,part\na/0,train\n", "lacks the column side"),
        (b"", "lacks the column id and side"),
        ("id,side\né/0,train\n".encode("latin-1"), "cannot be read as CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "split.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"split\.csv: {message}"):
        read_split(path, THERE)


def test_a_file_that_is_not_there_or_not_named_after_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: there is no such file"):
        read_split(tmp_path / "none.csv", THERE)
    with pytest.raises(DataError, match=r"none\.json: cannot be read: No such file"):
        read_split(tmp_path / "none.json", THERE)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match=r"folder\.csv: cannot be read"):
        read_split(tmp_path / "folder.csv", THERE)
    with pytest.raises(DataError, match=r"cannot be read: Is a directory"):
        read_split(tmp_path, THERE)
    with pytest.raises(DataError, match=r"split\.txt: is not a split manifest; .*name it \.csv"):
        read_split(table(tmp_path, halves(), "split.txt"), THERE)
    (tmp_path / "latin.json").write_bytes('{"train": ["é"]}'.encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.json: is not a split manifest"):
        read_split(tmp_path / "latin.json", THERE)
