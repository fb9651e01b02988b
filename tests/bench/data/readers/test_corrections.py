"""Lists of corrections: those that come along, and what makes a list wrong."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bench.data.readers.corrections import PUBLISHED, Corrections, load, read
from bench.data.readers.record import FileRecord
from plugins.errors import DataError

ENTRY = '[[entries]]\nid = "{id}"\nwhat = "{what}"\n{more}\nreason = "r"\nsource = "s"\n'


def entry(id: str, what: str, more: str = "") -> str:
    return ENTRY.format(id=id, what=what, more=more)


def listed(folder: Path, *entries: str, name: str = 'name = "x"\n') -> Corrections:
    path = folder / "x.toml"
    path.write_text(name + "".join(entries), "utf-8")
    return read(path)


def record(id: str, group: str = "") -> FileRecord:
    return FileRecord(Path(id), id, group or id, "benign")


@pytest.mark.parametrize("path", sorted(PUBLISHED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_list_that_comes_along_is_sound(path):
    found = load(path.stem)
    assert found.name == path.stem
    assert found.digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_list_for_busv_says_what_is_known():
    found = load("busv-2026-1")
    assert found.ids("drop") == {"benign/x66ef02e7f1b9a0ef"}
    assert found.ids("relabel") == {"benign/x63c9ba1377f35bf6", "benign/x5a1c46ec6377e946"}
    assert {e.label for e in found.entries if e.what == "relabel"} == {"malignant"}
    assert found.ids("group") == found.ids("relabel") | {
        "malignant/2390fbea047347b",
        "malignant/7a39ab5d4970bf89",
    }


def test_a_released_list_never_changes():
    """A change would give old names new meanings: make a new list instead."""
    assert load("busv-2026-1").digest.startswith(RELEASED)


RELEASED = "a092382b547c9ebb"


def test_whole_groups_are_joined_under_their_first_name(tmp_path):
    group = 'group = "g"'
    found = listed(tmp_path, entry("a", "group", group), entry("b", "group", group))
    records = [record("a", "p10"), record("b", "p2"), record("c", "p10"), record("d", "p3")]
    found.apply(records)
    assert [r.group for r in records] == ["p2", "p2", "p2", "p3"]


def test_a_label_changes_and_an_id_does_not(tmp_path):
    found = listed(tmp_path, entry("a", "relabel", 'label = "z"'), entry("b", "drop"))
    records = found.kept([record("a"), record("b"), record("c")])
    found.apply(records)
    assert [(r.id, r.label) for r in records] == [("a", "z"), ("c", "benign")]
    assert "1 dropped, 1 relabelled, 0 grouped; 0 of its 2" in found.told("abc", records)
    assert "0 dropped, 1 relabelled, 0 grouped; 1 of its 2" in found.told("ac", records)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ((), "entries: "),
        ((entry("a", "move"),), "entries.0.what: Input should be 'drop', 'relabel' or 'group'"),
        ((entry("", "drop"),), "entries.0.id: "),
        ((entry("a", "relabel"),), "entries.0: .*'label' does not go with what = 'relabel'"),
        ((entry("a", "drop", 'label = "z"'),), "'label' does not go with what = 'drop'"),
        ((entry("a", "drop", 'group = "z"'),), "'group' does not go with what = 'drop'"),
        ((entry("a", "group"),), "'group' does not go with what = 'group'"),
        ((entry("a", "drop", 'why = "z"'),), r"entries\.0\.why: Extra inputs"),
        ((entry("a", "drop"), entry("a", "drop")), "'a' has 2 entries 'drop'"),
        (
            (entry("a", "drop"), entry("a", "relabel", 'label = "z"')),
            "'a' is dropped, so it has no entry 'relabel'",
        ),
        ((entry("a", "group", 'group = "z"'),), "group 'z' has one entry only"),
        (("[[entries]]\n",), r"entries\.0\.id: Field required"),
        (("[[entries",), "cannot be read as TOML"),
    ],
)
def test_a_wrong_list_is_named(tmp_path, entries, message):
    with pytest.raises(DataError, match=rf"x\.toml: .*{message}"):
        listed(tmp_path, *entries)


def test_a_list_without_a_name_is_wrong(tmp_path):
    with pytest.raises(DataError, match=r"x\.toml: name: Field required"):
        listed(tmp_path, entry("a", "drop"), name="")


def test_an_unknown_list_is_named():
    with pytest.raises(DataError, match=r"nothing\.toml: cannot be read"):
        load("nothing")
