"""File names of videos: safe everywhere, and never two alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.data.readers.record import FileRecord
from bench.synthesis.names import class_folder, file_names, safe
from plugins.errors import BenchError


def image(id: str, label: str = "benign") -> FileRecord:
    return FileRecord(Path(id), id, id, label)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a b [1]", "a b [1]"),
        ("病变 é", "病变 é"),
        ("e\u0301", "é"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", ""),
        (".hidden", "hidden"),
        (" a. ", "a"),
        ('a:b*c?"<|>\n\0', "a_b_c_______"),
    ],
)
def test_a_name_leads_nowhere_and_every_file_system_takes_it(text: str, name: str) -> None:
    assert safe(text) == name


def test_long_names_are_shortened_and_stay_apart() -> None:
    names = {safe("病" * 200 + end) for end in "ab"}
    assert len(names) == 2
    assert all(len(name.encode()) <= 150 for name in names)


def test_stems_where_they_are_alone_ids_where_they_are_not() -> None:
    records = [
        image("benign/a.png"),
        image("benign/A.jpg"),
        image("benign/b.png"),
        image("malignant/b.png", "malignant"),
    ]
    assert file_names(records) == ["benign_a.png", "benign_A.jpg", "b", "b"]


def test_ids_that_would_share_a_name_get_a_digest() -> None:
    records = [image("x/a:1.png"), image("x/a_1.png"), image("x/x_a_1.png.jpg"), image("x/..png")]
    names = file_names(records)
    assert len({name.casefold() for name in names}) == 4
    assert all(names)


def test_what_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(BenchError, match=r"two images have the id 'a\.png'"):
        file_names([image("a.png"), image("a.png")])
    with pytest.raises(BenchError, match="'a:b' and 'a_b' would share the folder 'a_b'"):
        file_names([image("1", "a:b"), image("2", "a_b")])


def test_no_class_has_a_folder_of_its_own() -> None:
    assert class_folder("") == "unlabelled"
    assert class_folder("benign") == "benign"
