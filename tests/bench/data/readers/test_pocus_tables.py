"""The tables of POCUS: class and licence, and what is wrong with them."""

from collections import Counter

import pytest

from plugins.errors import DataError
from tests.bench.data.readers.pocus_tree import build, clips, groups, metadata, pocus


@pytest.fixture
def root(tmp_path):
    return build(tmp_path)


def test_a_row_of_an_image_is_not_taken_for_a_videos(root):
    metadata(root, [("Reg-Atlas", "image", "CC BY 4.0", "5")])
    assert groups(pocus(root).videos())["Reg-Atlas.gif"] == "contributor atlas"


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("CC BY 4.0", True),
        ("CC BY 2.0", True),
        ("cc-by-4.0", True),
        ("CC BY", True),
        ("CC BY-NC 4.0", False),
        ("CC BY-NC -SA 4.0", False),
        ("CC BY-SA 4.0", False),
        ("COVID-19 emergency license", False),
        ("None", False),
        ("", False),
    ],
)
def test_only_cc_by_is_permissive(root, licence, permissive):
    rows = [(name, "video", "CC BY 4.0", "") for name in ("Reg-Atlas", "pneu-everyday")]
    metadata(root, [*rows, ("Reg_pat2Image_1", "video", licence, "")])
    found = groups(pocus(root, permissive_only=True).videos())
    assert ("Reg_pat2Image_1.mpeg" in found) == permissive
    assert len(found) == 2 + permissive


def test_of_rows_that_differ_the_strictest_counts(root):
    rows = [("Reg-Atlas", "video", licence, "") for licence in ("CC BY 4.0", "CC BY-NC 4.0")]
    metadata(root, [*rows, ("pneu-everyday", "video", "CC BY 4.0", "")])
    with pytest.raises(DataError, match=r"no video of class healthy under CC BY .*pneumonia 1"):
        pocus(root, permissive_only=True).videos()


def test_what_is_left_out_for_its_licence_is_noted(root):
    clips(root, "path,license", "{path},CC BY 4.0")
    reader = pocus(root, permissive_only=True)
    assert len(reader.videos()) == 6
    assert "2 of 8 files are left out, as they are not CC BY (of 2 no licence" in reader.notes()[1]
    with pytest.raises(DataError, match=r"needs a table that tells the images' licences: images"):
        reader.images()


def test_permissive_needs_a_table(root):
    with pytest.raises(DataError, match=r"permissive_only needs a table .*clips\.csv or dataset"):
        pocus(root, permissive_only=True).videos()


def test_licences_are_noted(root):
    clips(root, "path,license", "{path},CC BY-NC 4.0")
    assert "licence unknown (2)" in pocus(root).notes()[1]
    assert "CC BY-NC 4.0 (6)" in pocus(root).notes()[1]


def test_a_tables_class_goes_before_the_name_and_is_noted(root):
    clips(root, "path,label", "{path},")
    name = "pocus_videos/convex/Reg-Atlas.gif"
    (root / "clips.csv").write_text(f"path,label\n{name},Bacterial pneumonia\n", "utf-8")
    assert Counter(r.label for r in pocus(root).videos()) == {"healthy": 3, "pneumonia": 3}
    assert f"{name} (pneumonia)" in " ".join(pocus(root).notes())
    (root / "images.csv").write_text(
        "path,label\npocus_images/convex/Reg_Avi_Image001.JPG,Healthy\n", "utf-8"
    )
    assert Counter(r.label for r in pocus(root).images()) == {"healthy": 1, "pneumonia": 1}


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("clips.csv", "file\na\n", "lacks the column path"),
        ("clips.csv", "path,group\na,1\nA,2\n", "line 3: 'A' has another row"),
        ("clips.csv", "path,group\na,1\n", "tells no group of 8 of 8 videos: pocus_videos/convex"),
        ("clips.csv", b"path\n\xff\xfe\n", "cannot be read as CSV"),
        ("images.csv", "name\na\n", "lacks the column path"),
        ("dataset_metadata.csv", "Label\na\n", "lacks the column Filename and Type"),
        (
            "images.csv",
            "path,label\npocus_images/linear/Cov_Fig14.png,flu\n",
            "line 2: unknown label 'flu'; known are covid-19",
        ),
    ],
)
def test_a_wrong_table_is_named(root, name, table, message):
    (root / name).write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(DataError, match=message):
        pocus(root).videos()
