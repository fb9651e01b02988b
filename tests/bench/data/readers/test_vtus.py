"""The VTUS reader: frame folders, classes from a table, and masks as the region."""

import shutil

import numpy as np
import pytest

from bench.data.readers.vtus import Vtus
from plugins.dataset import Box
from plugins.errors import BenchError, DataError, FaultyDataError

CASES = ("Test/0004", "Test/0010", "Train/0004", "Train/0007")


@pytest.fixture
def root(tmp_path, tools):
    """Four cases of three frames (9x7); `Test/0004` has masks, `Train/0004` one for a frame."""
    for i, case in enumerate(CASES):
        for t in range(1, 4):
            path = tmp_path / "VTUS" / case / f"{t:04d}.jpg"
            tools.write_image(path, np.full((7, 9, 3), 40 * i + 10 * t, "u1"))
    for t in range(1, 4):
        write_mask(tools, tmp_path, "Test", t, (t, 2, t + 2, 4))
    write_mask(tools, tmp_path, "Train", 2, (0, 0, 9, 1))
    (tmp_path / "README.md").write_text("about the data")
    return tmp_path


def write_mask(tools, root, split, t, box, shape=(7, 9)):
    left, top, right, bottom = box
    pixels = np.zeros(shape, "u1")
    pixels[top:bottom, left:right] = 255
    return tools.write_image(root / "VTUS" / f"{split}_GT" / "0004" / f"{t:04d}.png", pixels)


def vtus(root, **parameters):
    return Vtus(root=str(root), **parameters)


def labels(root, *rows, header="case,label,group"):
    (root / "labels.csv").write_text("\n".join([header, *rows]), "utf-8")


def test_videos_are_cases(root):
    records = vtus(root).videos()
    assert [r.id for r in records] == list(CASES)
    assert [r.group for r in records] == list(CASES)
    assert {r.label for r in records} == {"unlabelled"}
    assert records[0].frames().shape == (3, 7, 9, 3)
    assert records[0].length_hint() == 3
    assert len({r.fingerprint for r in records}) == 4
    assert vtus(root).holds() == ("videos",)


def test_the_region_is_the_box_around_all_masks(root):
    regions = {r.id: r.region() for r in vtus(root).videos()}
    assert regions == {
        "Test/0004": Box(1, 2, 5, 4),
        "Test/0010": None,
        "Train/0004": Box(0, 0, 9, 1),
        "Train/0007": None,
    }


def test_what_is_not_known_is_noted(root):
    assert vtus(root).notes() == [
        "VTUS: no class comes with the data and there is no labels.csv: all 4 videos are of the "
        "class 'unlabelled'",
        "VTUS: 2 videos have no masks, so no region: Test/0010, Train/0007",
        "VTUS: 1 videos have frames without a mask: Train/0004 (2)",
    ]


def test_masks_are_read_when_the_region_is_asked_for(root, tools):
    write_mask(tools, root, "Train", 2, (0, 0, 1, 1), shape=(8, 9))
    (root / "VTUS" / "Test_GT" / "0004" / "0001.png").write_bytes(b"no image")
    records = {r.id: r for r in vtus(root).videos()}
    with pytest.raises(DataError) as error:
        records["Train/0004"].region()
    assert "0002.png: is 9x8, but" in str(error.value)
    assert "Train/0004, whose mask it is, is 9x7" in str(error.value)
    with pytest.raises(DataError, match=r"0001\.png: is not an image"):
        records["Test/0004"].region()


@pytest.mark.parametrize("inside", [True, False])
def test_classes_and_groups_come_from_the_table(root, inside):
    rows = ["Test/0004,benign,p1", "0010,malignant,p2", "Train/0004,benign,p1", "0007,benign,p3"]
    labels(root / "VTUS" if inside else root, *rows)
    for place in (root, root / "VTUS"):
        records = vtus(place).videos()
        assert [(r.label, r.group) for r in records] == [
            ("benign", "p1"),
            ("malignant", "p2"),
            ("benign", "p1"),
            ("benign", "p3"),
        ]
        assert not any("unlabelled" in note for note in vtus(place).notes())


def test_without_a_column_of_groups_each_case_is_its_own(root):
    labels(root, *(f"{case},benign" for case in CASES), header="case,label")
    assert [r.group for r in vtus(root).videos()] == list(CASES)


def test_rows_of_nothing_are_noted(root):
    labels(root, *(f"{case},benign,p" for case in (*CASES, "Test/0099", "../0004")))
    assert "VTUS: labels.csv names 2 cases that are not there: Test/0099, ../0004" in (
        vtus(root).notes()
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["0004,x,p", "0010,x,p", "0007,x,p"], "'0004' may be Test/0004 or Train/0004; name the"),
        (["10,x,p", "0007,x,p"], r"of 3 of 4 cases: Test/0004, Test/0010, .*\(it names 10, which"),
        ([f"{case},x,p" for case in CASES] + ["0010,y,p"], "rows 'Test/0010' and '0010' differ"),
        (["a,x,p", "a,y,p"], r"labels\.csv, line 3: 'a' has another row"),
        (["a,,p"], r"labels\.csv, line 2: a cell of case, label or group is empty"),
        (["a,x,"], r"labels\.csv, line 2: a cell of case, label or group is empty"),
        (["a"], r"labels\.csv, line 2: a cell of case, label or group is empty"),
    ],
)
def test_a_wrong_table_is_named(root, rows, message):
    labels(root, *rows)
    for read in (vtus(root).videos, vtus(root).notes):
        with pytest.raises(DataError, match=message):
            read()


def test_a_table_without_labels_is_named(root):
    labels(root, header="case,class")
    with pytest.raises(DataError, match=r"labels\.csv: lacks the column label"):
        vtus(root).videos()


def test_everything_wrong_is_listed_at_once(root, tools):
    home = root / "VTUS"
    (home / "Test" / "0010" / "0002.txt").write_text("")
    tools.write_image(home / "Test" / "0005.jpg", np.zeros((7, 9), "u1"))
    tools.write_image(home / "stray.png", np.zeros((7, 9), "u1"))
    write_mask(tools, root, "Train", 9, (0, 0, 1, 1))
    (home / "Train_GT" / "0004" / "0001.png").mkdir()
    shutil.copytree(home / "Test_GT" / "0004", home / "Test_GT" / "0099")
    (home / "Train" / "0007" / "first.jpg").touch()
    (home / "Val").mkdir()
    (home / "Dev_GT").mkdir()
    (home / "Old").symlink_to(home / "gone")
    with pytest.raises(FaultyDataError) as error:
        vtus(root, exclude=("nothing*",)).videos()
    text = str(error.value)
    assert "cannot be read as VTUS; mend what follows, or leave it out with 'exclude'" in text
    assert len(error.value.faults) == 11
    assert "there is '0002.txt'" in text
    assert "0005.jpg: is a file; a video is a folder of frames '0001.jpg'" in text
    assert "stray.png: lies in no case's folder" in text
    assert "0009.png: a mask without a frame in " in text
    assert "Train_GT/0004: '0001.png' is no mask" in text
    assert "Test_GT/0099: masks without frames, which belong in " in text
    assert "'first.jpg' is no frame; those are as '0001.jpg'" in text
    assert "Dev_GT: masks without frames, which belong in " in text
    assert "Val: a split without cases" in text
    assert "Old: a link to" in text
    assert "exclude = 'nothing*' matches nothing" in text
    assert [r.id for r in error.value.records] == ["Test/0004"]


def test_what_is_excluded_is_neither_read_nor_wrong(root, tools):
    write_mask(tools, root, "Train", 9, (0, 0, 1, 1))
    records = vtus(root, exclude=("0009.png", "Test/*")).videos()
    assert [r.id for r in records] == ["Train/0004", "Train/0007"]
    assert records[0].region() == Box(0, 0, 9, 1)
    assert {r.region() for r in vtus(root, exclude=("*_GT",)).videos()} == {None}
    with pytest.raises(DataError, match="all cases are excluded"):
        vtus(root, exclude=("Test", "Train")).videos()


@pytest.mark.parametrize(
    ("folder", "sound"),
    [
        ("Test", CASES[2:]),
        ("Test/0004", CASES[1:]),
        ("Test_GT/0004", CASES[1:]),
        ("Test_GT", CASES),
    ],
)
def test_a_folder_that_cannot_be_read_is_one_fault(root, locked, folder, sound):
    locked(root / "VTUS" / folder)
    with pytest.raises(FaultyDataError, match=f"{folder}: cannot be read: Perm") as error:
        vtus(root).videos()
    assert len(error.value.faults) == 1
    assert tuple(r.id for r in error.value.records) == sound


def test_there_are_no_images(root):
    with pytest.raises(DataError, match="VTUS holds videos only"):
        vtus(root).images()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (str, "does not exist"),
        (lambda p: p.write_text(""), "is a file, not a folder"),
        (lambda p: (p / "VTUS" / "Test").mkdir(parents=True), "found: VTUS"),
    ],
)
def test_a_wrong_root_says_what_was_expected_and_how_the_data_are_obtained(tmp_path, make, message):
    make(tmp_path / "data")
    with pytest.raises(DataError, match=message) as error:
        vtus(tmp_path / "data").videos()
    assert "expected is the folder that holds VTUS, or VTUS itself" in str(error.value)
    assert "github.com/scott-yjyang/Vivim" in str(error.value)
    assert "Licence: CC BY-NC 4.0" in str(error.value)


def test_an_unknown_parameter_is_named():
    with pytest.raises(BenchError, match="did you mean 'exclude'"):
        Vtus.configure({"excludes": ["a"]}, "experiment.toml")


def test_the_real_case(sample_data):
    (record,) = vtus(sample_data / "vtus_thyroid").videos()
    assert record.id == "Test/0004"
    assert record.length_hint() == sum(1 for _ in record.stream()) == 93
    box = record.region()
    assert box == Box(68, 59, 204, 209)
    assert len(vtus(sample_data / "vtus_thyroid").notes()) == 1
