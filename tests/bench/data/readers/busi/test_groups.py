"""BUSI's near-duplicates are groups where a table tells them."""

import pytest

from plugins.errors import DataError, FaultyDataError
from tests.bench.data.readers.busi.tree import busi


@pytest.mark.parametrize("beside", [True, False])
def test_near_duplicates_are_groups_where_a_table_tells_them(home, beside):
    table = "image,class,duplicate_group\n" + "".join(
        f"{name}.png,x,{group}\n"
        for name, group in (("benign (2)", 5), ("benign (10)", 7), ("malignant (1)", 5))
    )
    ((home.parent if beside else home) / "groups.csv").write_text("\ufeff" + table, "utf-8")
    for root in (home, home.parent):
        groups = {r.id: r.group for r in busi(root).images()}
        assert groups["benign/benign (2).png"] == groups["malignant/malignant (1).png"]
        assert len(set(groups.values())) == 2
        notes = busi(root).notes()
        assert "2 groups of near-duplicates, 1 of them with more than one image" in notes[1]
        assert notes[2].endswith("different classes: benign (2).png = malignant (1).png")


def test_without_a_table_the_notes_warn_of_near_duplicates(home):
    assert "no groups.csv says which" in busi(home).notes()[-1]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id,group\na,b\n", "lacks the column duplicate_group and image"),
        ("image,duplicate_group\nbenign (2).png,1\n", r"lacks 2 of 3 images: benign/benign \(10\)"),
        ("image,duplicate_group\n", "lacks 3 of 3 images"),
        ("image,duplicate_group\na,1\na,2\n", "line 3: 'a' stands in two groups"),
        ("image,duplicate_group\na\n", "line 2: an image or a duplicate_group is empty"),
        (b"image,duplicate_group\n\xff\xfe,1\n", "cannot be read as CSV"),
    ],
)
def test_a_wrong_table_of_groups_is_named(home, table, message):
    (home / "groups.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(DataError, match=message):
        busi(home).images()


def test_sound_records_are_in_their_groups_though_others_are_faulty(home):
    rows = [f"{label} ({n}).png,5\n" for label, n in (("benign", 2), ("benign", 10))]
    table = "image,duplicate_group\n" + "".join([*rows, "malignant (1).png,5\n"])
    (home / "groups.csv").write_text(table, "utf-8")
    (home / "benign" / "notes.txt").write_text("")
    with pytest.raises(FaultyDataError) as error:
        busi(home).images()
    assert {r.group for r in error.value.records} == {"duplicates 5"}
