"""What is wrong with a copy of BUSV is told all at once, and how the data are obtained."""

import shutil

import numpy as np
import pytest

from plugins.errors import DataError, FaultyDataError
from tests.bench.data.readers.busv import tree
from tests.bench.data.readers.busv.tree import busv, by_id, notes


def test_gaps_and_late_starts_are_noted_and_read(root):
    video = root / "rawframes" / tree.PLAIN[0]
    (video / "000000.png").unlink()
    (video / "000002.png").unlink()
    (video / "000003.png").unlink()
    told = notes(busv(root))
    assert f"1 videos do not start at frame 000000 but later: {tree.PLAIN[0]} (1)" in told
    assert f"1 videos lack frames between their first and last (how many): {tree.PLAIN[0]} (2)" in (
        told
    )
    assert "3 of a frame that is not there" in told
    assert len(by_id(busv(root).videos())[tree.PLAIN[0]].frames()) == 3


def test_everything_wrong_is_listed_at_once(root, tools):
    frames, plain = root / "rawframes", tree.PLAIN
    (frames / plain[0] / "notes.txt").write_text("")
    (frames / plain[1] / "000001.png").rename(frames / plain[1] / "last.png")
    (frames / plain[2] / "000001.png").unlink()
    (frames / plain[2] / "000001.png").symlink_to(frames / "gone.png")
    (frames / "benign" / "empty").mkdir()
    (frames / "benign" / "film.mp4").write_text("")
    (frames / "benign" / "link").symlink_to(frames / "gone")
    (frames / tree.SHORT / "0000002.png").write_bytes(b"")
    (frames / "cystic").mkdir()
    tools.write_image(frames / "stray.png", np.zeros((8, 8), "u1"))
    with pytest.raises(FaultyDataError) as error:
        busv(root, exclude=("nothing*",)).videos()
    text = str(error.value)
    assert "is not BUSV as published; mend what follows, or leave it out with 'exclude'" in text
    assert len(error.value.faults) == 10
    assert "there is 'notes.txt'" in text
    assert "'last.png' is no frame; those are as '000000.png'" in text
    assert "000001.png: a link to" in text
    assert "empty: a folder of frames without images" in text
    assert "film.mp4: is a file; a video is a folder of frames '000000.png'" in text
    assert "benign/link: a link to" in text
    assert "'0000002.png' and '000002.png' have the same number" in text
    assert "cystic: does not belong" in text
    assert "stray.png: does not belong" in text
    assert "exclude = 'nothing*' matches nothing" in text
    sound = set(tree.LENGTHS) - {tree.TWINS[0], *plain, tree.SHORT}
    assert {r.id for r in error.value.records} == sound
    corrected = by_id(error.value.records)
    assert corrected[tree.PATIENT[0]].label == "malignant"
    assert corrected[tree.PATIENT[0]].region()


def test_a_class_that_cannot_be_read_is_one_fault(root, locked):
    locked(root / "rawframes" / "benign")
    with pytest.raises(FaultyDataError) as error:
        busv(root).videos()
    assert len(error.value.faults) == 1
    assert "benign: cannot be read: Permission denied" in error.value.faults[0]
    assert {r.label for r in error.value.records} == {"malignant"}


def test_a_missing_or_empty_class_is_one_fault(root):
    shutil.rmtree(root / "rawframes" / "benign")
    with pytest.raises(FaultyDataError, match="benign: the class folder is missing"):
        busv(root).videos()
    (root / "rawframes" / "benign").mkdir()
    with pytest.raises(FaultyDataError, match="benign: a class without videos: it is empty"):
        busv(root).videos()
    assert {r.label for r in busv(root, exclude=("benign",)).videos()} == {"malignant"}


def test_what_is_excluded_is_neither_read_nor_wrong(root):
    (root / "rawframes" / tree.PLAIN[0] / "notes.txt").write_text("")
    name = tree.PLAIN[0].split("/")[1]
    ids = [r.id for r in busv(root, exclude=(name,)).videos()]
    assert tree.PLAIN[0] not in ids
    assert len(ids) == 10
    assert "not there" not in notes(busv(root, exclude=(name,)))


def test_a_damaged_frame_is_named_when_it_is_read(root):
    path = root / "rawframes" / tree.PLAIN[0] / "000000.png"
    path.write_bytes(path.read_bytes()[:40])
    record = by_id(busv(root).videos())[tree.PLAIN[0]]
    assert record.region()
    with pytest.raises(DataError, match=r"000000\.png: is damaged: input stream too small"):
        record.frames()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (str, "does not exist"),
        (lambda p: p.write_text(""), "is a file, not a folder"),
        (lambda p: p.mkdir(), "found: nothing"),
        (lambda p: (p / "videos").mkdir(parents=True), "found: videos"),
    ],
)
def test_a_wrong_root_says_what_was_expected_and_how_the_data_are_obtained(tmp_path, make, message):
    make(tmp_path / "data")
    reader = busv(tmp_path / "data")
    for read in (reader.videos, reader.notes, reader.group_space):
        with pytest.raises(DataError, match=message) as error:
            read()
        assert "expected is the folder that holds rawframes, or rawframes" in str(error.value)
        assert "arXiv 2207.00141" in str(error.value)
        assert "Licence: " in str(error.value)
        assert "ask the authors" in str(error.value)
