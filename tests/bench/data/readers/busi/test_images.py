"""The BUSI reader: which images there are, of which class, and a clear word when not."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from bench.data.readers.busi import Busi
from plugins.errors import BenchError, DataError, FaultyDataError
from tests.bench.data.readers.busi.tree import GREY, busi


def test_images_are_read_and_masks_are_not(home):
    records = busi(home).images()
    assert [r.id for r in records] == [
        "benign/benign (2).png",
        "benign/benign (10).png",
        "malignant/malignant (1).png",
    ]
    assert [r.label for r in records] == ["benign", "benign", "malignant"]
    assert [r.group for r in records] == [r.id for r in records]
    assert records[0].frames().shape == (1, 9, 7, 3)


def test_the_root_may_be_the_folder_above(home):
    above, itself = busi(home.parent).images(), busi(home).images()
    assert [(r.id, r.fingerprint) for r in above] == [(r.id, r.fingerprint) for r in itself]


def test_normal_is_left_out_unless_asked_for(home):
    assert Counter(r.label for r in busi(home, normal=True).images())["normal"] == 1
    assert "1 images of class normal are left out" in busi(home).notes()[0]
    assert not any("left out" in note for note in busi(home, normal=True).notes())


def test_a_copy_without_normal_is_whole_unless_normal_is_asked_for(home):
    (home / "normal" / "normal (1).png").unlink()
    (home / "normal").rmdir()
    assert len(busi(home).images()) == 3
    assert len(busi(home).notes()) == 1
    with pytest.raises(DataError, match="normal: the class folder is missing"):
        busi(home, normal=True).images()


def test_there_are_no_videos(home):
    with pytest.raises(DataError, match="BUSI has no videos, only still images"):
        busi(home).videos()


def test_an_image_without_a_mask_is_fine(home):
    (home / "malignant" / "malignant (1)_mask.png").unlink()
    assert len(busi(home).images()) == 3


def test_everything_wrong_is_listed_at_once(home, tools):
    (home / "benign" / "benign (2).png").unlink()
    tools.write_image(home / "malignant" / "benign (3).png", GREY)
    (home / "malignant" / "notes.txt").write_text("")
    (home / "benign" / "benign (4).png").mkdir()
    tools.write_image(home / "loose.png", GREY)
    (home / "cystic").mkdir()
    (home / "benign" / "benign (11).png").symlink_to(home / "gone.png")
    with pytest.raises(FaultyDataError) as error:
        busi(home, exclude=("nothing*",)).images()
    text = str(error.value)
    assert text.splitlines()[1:] == [f"  {fault}" for fault in error.value.faults]
    assert len(error.value.faults) == 8
    assert [r.id for r in error.value.records] == [
        "benign/benign (10).png",
        "malignant/malignant (1).png",
    ]
    assert "benign (11).png: a link to" in text
    assert "benign (2)_mask.png: a mask whose image 'benign (2).png' is missing" in text
    assert "malignant: 'benign (3).png' is neither an image 'malignant (N).png' nor" in text
    assert "'notes.txt' is neither" in text
    assert "benign: 'benign (4).png' is neither" in text
    assert "loose.png: does not belong" in text
    assert "cystic: does not belong" in text
    assert "exclude = 'nothing*' matches nothing" in text


def test_what_is_excluded_is_neither_read_nor_wrong(home):
    (home / "malignant" / "notes.txt").write_text("")
    patterns = ("benign (2).png", "notes.txt", "normal (1).png")
    records = busi(home, exclude=patterns).images()
    assert [r.id for r in records] == ["benign/benign (10).png", "malignant/malignant (1).png"]


def test_a_class_that_cannot_be_read_is_one_fault(home, locked):
    locked(home / "benign")
    with pytest.raises(FaultyDataError, match="benign: cannot be read: Permission den") as error:
        busi(home).images()
    assert len(error.value.faults) == 1
    assert [r.label for r in error.value.records] == ["malignant"]


def test_it_holds_images(home):
    assert busi(home).holds() == ("images",)


def test_a_class_without_images_is_wrong(home):
    with pytest.raises(DataError, match=r"malignant: no image 'malignant \(N\)\.png' to read"):
        busi(home, exclude=("malignant (*",)).images()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (str, "does not exist"),
        (lambda p: p.write_text(""), "is a file, not a folder"),
        (lambda p: p.mkdir(), "found: nothing"),
        (lambda p: (p / "images").mkdir(parents=True), "found: images"),
    ],
)
def test_a_wrong_root_says_what_was_expected_and_how_the_data_are_obtained(tmp_path, make, message):
    make(tmp_path / "data")
    for read in (busi(tmp_path / "data").images, busi(tmp_path / "data").notes):
        with pytest.raises(DataError, match=message) as error:
            read()
        assert "expected is Dataset_BUSI_with_GT, or the folder that holds it" in str(error.value)
        assert "doi:10.1016/j.dib.2019.104863" in str(error.value)
        assert "Licence: " in str(error.value)


def test_a_reader_without_a_folder():
    with pytest.raises(DataError, match="the busi reader needs a folder"):
        Busi().images()


def test_an_unknown_parameter_is_named():
    with pytest.raises(BenchError, match="did you mean 'normal'"):
        Busi.configure({"normals": True}, "experiment.toml")


def test_damaged_images_are_named_when_they_are_read(home):
    cut = home / "benign" / "benign (2).png"
    cut.write_bytes(cut.read_bytes()[:40])
    (home / "benign" / "benign (10).png").write_bytes(b"")
    cut, empty, *_ = busi(home).images()
    for record, message in ((cut, "damaged"), (empty, "is empty")):
        with pytest.raises(DataError, match=message):
            record.frames()


def test_transparent_and_palette_images_decode(home):
    path = home / "benign" / "benign (2).png"
    Image.fromarray(np.full((9, 7, 4), 200, "u1")).save(path)
    assert busi(home).images()[0].frames().shape == (1, 9, 7, 3)
    Image.fromarray(GREY).convert("P").save(path)
    assert busi(home).images()[0].frames().shape == (1, 8, 8, 3)
