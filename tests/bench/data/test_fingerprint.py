"""The fingerprint of a data set, and the files that keep it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.data.fingerprint import Print, differences, set_digest, take_fingerprints
from bench.data.fingerprintfile import Section, as_json, as_text, read_sections
from plugins.errors import DataError

_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def _record(tools, id="a", label="x", group="p", pixel=0):
    pixels = np.zeros((2, 8, 8, 1), np.uint8)
    pixels[1, 7, 7] = pixel
    return tools.ArrayRecord(pixels, id, label, group)


def test_order_does_not_matter_and_everything_else_does(tools):
    records = [_record(tools, "a"), _record(tools, "b")]
    whole = take_fingerprints(records).sha256
    assert take_fingerprints(records[::-1]).sha256 == whole
    others = [
        {"id": "c"},
        {"label": "y"},
        {"group": "q"},
        {"pixel": 1},
    ]
    digests = {
        take_fingerprints([records[0], _record(tools, **{"id": "b"} | o)]).sha256 for o in others
    }
    assert len(digests) == 4
    assert whole not in digests
    # Where one name ends and the next begins is part of it.
    apart = [_record(tools, "b", "xp", "q"), _record(tools, "b", "x", "pq")]
    assert len({take_fingerprints([one]).sha256 for one in apart}) == 2


def test_without_all_records_there_is_no_digest(tools):
    class Unreadable(tools.ArrayRecord):
        @property
        def fingerprint(self):
            raise DataError("b: cannot be read")

    found = take_fingerprints([_record(tools), Unreadable(None, "b")])
    assert found.sha256 is None
    assert [one.id for one in found.prints] == ["a"]
    assert found.faults == ("b: cannot be read",)


def test_differences_are_named(tools):
    before = take_fingerprints([_record(tools, id) for id in "abc"]).prints
    now = take_fingerprints(
        [_record(tools, "a"), _record(tools, "b", "y", "q", 1), _record(tools, "d")]
    )
    assert differences(before, before) == []
    assert differences(before, now.prints) == [
        "changed: b (class 'x' is now 'y', group 'p' is now 'q', content)",
        "missing: c",
        "added: d",
    ]


@given(st.lists(_NAMES, unique=True))
def test_any_id_survives_text_and_json(tmp_path_factory, ids):
    prints = tuple(Print(id, "x", "p", "0" * 64, f"{i:064x}") for i, id in enumerate(sorted(ids)))
    section = Section("folder", "videos", set_digest(prints), prints)
    path = tmp_path_factory.mktemp("prints") / "kept"
    path.write_text(as_text(section) + "\n", encoding="utf-8", newline="\n")
    (read,) = read_sections(path)
    assert [(one.id, one.sha256) for one in read.prints] == [(o.id, o.sha256) for o in prints]
    assert differences(read.prints, prints) == []
    path.write_text(as_json([section, section]), encoding="utf-8")
    assert read_sections(path) == [section, section]


def test_a_set_that_was_incomplete_is_read(tmp_path):
    section = Section("busi", "images", None, (Print("a", "x", "p", "0" * 64, "1" * 64),))
    (tmp_path / "kept").write_text(as_text(section))
    assert read_sections(tmp_path / "kept")[0].sha256 is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is empty"),
        ("hello\n", "line 1: 'hello'"),
        ("0" * 64 + "  a\n", "line 1"),
        ("{}", "sets: Field required"),
        ("{", "Invalid JSON"),
        ('{"sets": [{"reader": "a", "which": "sounds", "sha256": null, "records": []}]}', "which"),
        ('{"sets": [{"reader": "a", "which": "videos", "sha256": null, "records": [{}]}]}', "id"),
    ],
)
def test_what_was_not_written_here_is_refused(tmp_path, text, complaint):
    (tmp_path / "kept").write_text(text)
    with pytest.raises(DataError, match="was not written by") as refused:
        read_sections(tmp_path / "kept")
    assert complaint in str(refused.value)


def test_a_cut_or_edited_file_is_refused(tmp_path, tools):
    prints = take_fingerprints([_record(tools, id) for id in "abc"])
    text = as_text(Section("folder", "videos", prints.sha256, prints.prints))
    for spoilt in (text.rsplit("\n", 1)[0], text.replace(prints.prints[1].sha256, "0" * 64)):
        (tmp_path / "kept").write_text(spoilt)
        with pytest.raises(DataError, match="cut or edited"):
            read_sections(tmp_path / "kept")
    (tmp_path / "kept").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="cannot be read as UTF-8"):
        read_sections(tmp_path / "kept")
