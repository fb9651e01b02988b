"""The folder reader: what belongs, what does not, and how it says so."""

import os

import numpy as np
import pytest

from bench.data.readers.folder import Folder
from plugins.dataset import Box
from plugins.errors import BenchError, DataError, FaultyDataError


@pytest.fixture
def root(tmp_path, tools):
    """Two classes: three image files each, of which one is a mask."""
    for label in ("benign", "malignant"):
        for name in ("1", "2", "10_mask"):
            tools.write_image(tmp_path / label / f"{label} ({name}).png", np.zeros((8, 8), "u1"))
    (tmp_path / "README.md").write_text("about the data")
    (tmp_path / ".DS_Store").write_text("")
    (tmp_path / "benign" / ".hidden.png").write_text("")
    return tmp_path


def folder(root, *exclude):
    return Folder(root=str(root), exclude=exclude)


def test_images_are_listed_in_natural_order(root):
    records = folder(root).images()
    assert [r.id for r in records[:3]] == [
        "benign/benign (1).png",
        "benign/benign (2).png",
        "benign/benign (10_mask).png",
    ]
    assert [r.label for r in records] == ["benign"] * 3 + ["malignant"] * 3
    assert records[0].group == "benign/benign (1)"
    assert records[0].frames().shape == (1, 8, 8, 1)
    assert len(records[0].fingerprint) == 64


def test_videos_are_files_and_folders_of_frames(tmp_path, tools):
    tools.write_video(tmp_path / "x" / "b.MP4".replace("MP4", "mp4"), tools.moving_square(3))
    (tmp_path / "x" / "b.mp4").rename(tmp_path / "x" / "b.MP4")
    for t in range(3):
        tools.write_image(tmp_path / "x" / "a.mp4" / f"{t}.png", np.zeros((8, 8), "u1"))
    records = folder(tmp_path).videos()
    assert [(r.id, r.group) for r in records] == [("x/a.mp4", "x/a.mp4"), ("x/b.MP4", "x/b")]
    assert [len(r.frames()) for r in records] == [3, 3]


def test_patterns_leave_files_and_classes_out(root):
    assert len(folder(root, "*_mask*").images()) == 4
    assert len(folder(root, "malignant").images()) == 3
    assert len(folder(root, "benign/*(1)*", "*_mask*").images()) == 3


def test_a_pattern_that_matches_nothing_is_a_mistake(root):
    with pytest.raises(DataError, match=r"exclude = '\*_masks\*' matches nothing"):
        folder(root, "*_masks*").images()


def test_everything_wrong_is_listed_at_once(root, tools):
    (root / "benign" / "notes.docx").write_text("")
    (root / "empty").mkdir()
    (root / "malignant" / "frames.png").mkdir()
    (root / "stray.png").write_text("")
    tools.write_video(root / "malignant" / "v.mp4", tools.moving_square(2))
    with pytest.raises(FaultyDataError) as error:
        folder(root).images()
    text = str(error.value)
    assert text.splitlines()[0].endswith("mend what follows, or leave it out with 'exclude':")
    assert text.splitlines()[1:] == [f"  {fault}" for fault in error.value.faults]
    assert len(error.value.faults) == 5
    assert len(error.value.records) == 6
    assert "benign/notes.docx: unknown kind of file '.docx'" in text
    assert "empty: a class without images: it is empty" in text
    assert "frames.png: is a folder, not an image" in text
    assert "stray.png: lies in no class folder" in text
    assert "v.mp4: is a video, not an image" in text


def test_wrong_videos_are_listed(root):
    (root / "benign" / "case").mkdir()
    (root / "malignant" / "case").mkdir()
    (root / "malignant" / "case" / "a.txt").write_text("")
    with pytest.raises(DataError) as error:
        folder(root).videos()
    text = str(error.value)
    assert text.count("is an image; a video is a file or a folder") == 6
    assert "benign/case: a folder of frames without images" in text
    assert "malignant/case: a folder of frames holds images only; there is 'a.txt'" in text


def test_an_excluded_class_folder_says_why_it_is_empty(root):
    with pytest.raises(DataError, match="all 3 files are excluded"):
        folder(root, "benign (*").images()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (str, "does not exist"),
        (lambda p: p.write_text(""), "is a file, not a folder"),
        (lambda p: p.mkdir(), "holds no class folders"),
    ],
)
def test_a_root_that_is_none(tmp_path, make, message):
    make(tmp_path / "data")
    with pytest.raises(DataError, match=message):
        folder(tmp_path / "data").videos()


def test_a_folder_reader_without_a_folder():
    with pytest.raises(DataError, match="write 'folder:"):
        Folder().images()


def test_an_unknown_parameter_is_named():
    with pytest.raises(BenchError, match="did you mean 'exclude'"):
        Folder.configure({"excludes": ["a"]}, "experiment.toml")


def test_groups_come_from_the_table(root):
    ids = [r.id for r in folder(root).images()]
    table = "\ufeffid,group,note\n" + "".join(f"{id},p{i // 2},x\n" for i, id in enumerate(ids))
    (root / "groups.csv").write_text(table, encoding="utf-8")
    assert [r.group for r in folder(root).images()] == ["p0", "p0", "p1", "p1", "p2", "p2"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("id,patient\na,b\n", "lacks the column group"),
        ("id,group\nbenign/x.png,1\n", "lacks 6 of 6 ids: benign/benign"),
        ("id,group\na,1\na,2\n", "line 3: 'a' stands in two groups"),
        ("id,group\na,\n", "line 2: an id or a group is empty"),
        (b"id,group\n\xff\xfe,1\n", "cannot be read as CSV"),
        ("", "lacks the column"),
    ],
)
def test_a_wrong_table_of_groups_is_named(root, table, message):
    (root / "groups.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(DataError, match=message):
        folder(root).images()


def test_a_broken_link_is_wrong_and_all_else_is_sound(root):
    sound = [r.id for r in folder(root).images()]
    (root / "benign" / "z.png").symlink_to(root / "gone.png")
    with pytest.raises(FaultyDataError, match=r"z\.png: a link to .* does not exist") as error:
        folder(root).images()
    assert [r.id for r in error.value.records] == sound
    assert len(folder(root, "z.png").images()) == 6


def test_a_class_that_cannot_be_read_is_one_fault(root, locked):
    locked(root / "benign")
    with pytest.raises(FaultyDataError) as error:
        folder(root).images()
    assert error.value.faults == (f"{root}/benign: cannot be read: Permission denied",)
    assert {r.label for r in error.value.records} == {"malignant"}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read all")
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_class_without_permission_is_one_fault(root, mode):
    (root / "benign").chmod(mode)
    try:
        with pytest.raises(FaultyDataError, match="benign: cannot be read") as error:
            folder(root).images()
    finally:
        (root / "benign").chmod(0o700)
    assert len(error.value.records) == 3


def test_accents_have_one_spelling(tmp_path, tools):
    tools.write_image(tmp_path / "x" / "e\u0301.png", np.zeros((8, 8), "u1"))
    (record,) = folder(tmp_path).images()
    assert record.id == "x/\u00e9.png"
    assert record.frames().shape == (1, 8, 8, 1)


@pytest.mark.skipif(os.name != "posix", reason="bytes as names exist on POSIX only")
def test_a_name_that_is_no_text_is_named(root):
    with open(os.fsencode(root) + b"/benign/\xff.png", "wb"):  # noqa: PTH123
        pass
    with pytest.raises(DataError, match="not valid UTF-8"):
        folder(root).images()


REGIONS = """id,left,top,width,height,who
benign/benign (1).png,2,3,4,1,A
benign/benign (1).png,1,5,2,2,B
malignant/malignant (2).png,-1,0,9,9,A
"""


def test_regions_come_from_the_table(root):
    (root / "regions.csv").write_text(REGIONS, "utf-8")
    regions = {r.id: r.region() for r in folder(root).images() if r.region()}
    assert regions == {
        "benign/benign (1).png": Box(1, 3, 6, 7),
        "malignant/malignant (2).png": Box(-1, 0, 8, 9),
    }
    assert folder(root).notes() == []


def test_without_a_table_there_is_no_region(root):
    assert {r.region() for r in folder(root).images()} == {None}


def test_a_region_of_nothing_is_noted(root):
    (root / "regions.csv").write_text(REGIONS + "benign/x.png,0,0,1,1,\n../y.png,0,0,1,1,\n")
    assert folder(root).notes() == [
        "regions.csv names 2 ids that are not there: benign/x.png, ../y.png"
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,1,2,3", "line 2: height is '', not a whole number of pixels"),
        ("a,1,2,3.5,4", r"line 2: width is '3\.5', not a whole number"),
        ("a,1,2,9999999999,4", "line 2: width is '9999999999', not a whole number"),
        ("a,1,2,0,4", "line 2: a box of 0x4 pixels holds nothing"),
        ("a,1,2,3,-4", "line 2: a box of 3x-4 pixels holds nothing"),
        ("a,-5,2,5,4", "line 2: the box lies outside the frame"),
        (",1,2,3,4", "line 2: the id is empty"),
    ],
)
def test_a_wrong_region_is_named(root, row, message):
    (root / "regions.csv").write_text(f"id,left,top,width,height\n{row}\n", "utf-8")
    for read in (folder(root).images, folder(root).notes):
        with pytest.raises(DataError, match=message):
            read()


def test_a_table_of_regions_without_a_column_is_named(root):
    (root / "regions.csv").write_text("id,x,y,width,height\n", "utf-8")
    with pytest.raises(DataError, match=r"regions\.csv: lacks the column left and top"):
        folder(root).images()


@pytest.mark.parametrize("name", ["groups.csv", "regions.csv"])
def test_a_table_that_is_a_broken_link_is_not_passed_over(root, name):
    (root / name).symlink_to(root / "gone.csv")
    with pytest.raises(DataError, match=f"{name}: cannot be read as CSV"):
        folder(root).images()


def test_what_a_folder_holds_is_told_by_its_files(root, tools):
    assert folder(root).holds() == ("images",)
    tools.write_video(root / "benign" / "v.mkv", tools.moving_square(2))
    assert folder(root).holds() == ("videos", "images")
    assert folder(root, "*.png").holds() == ("videos",)
    assert folder(root, "*.png", "*.mkv").holds() == ("videos", "images")
