"""The folder reader: what belongs, what does not, and how it says so."""

import os

import numpy as np
import pytest

from bench.data.folder import Folder
from plugins.errors import BenchError, DataError


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
    with pytest.raises(DataError) as error:
        folder(root).images()
    lines = str(error.value).splitlines()
    assert len(lines) == 6
    text = str(error.value)
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


def test_a_broken_link_is_listed_as_a_record_and_refused_when_read(root):
    (root / "benign" / "z.png").symlink_to(root / "gone.png")
    record = folder(root).images()[3]
    with pytest.raises(DataError, match=r"z\.png: a link to"):
        record.frames()


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
