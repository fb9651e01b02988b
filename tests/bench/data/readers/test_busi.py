"""The BUSI reader: images without masks, near-duplicates as groups, and a clear word when not."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from bench.data.readers.busi import Busi
from plugins.dataset import Box
from plugins.errors import BenchError, DataError, FaultyDataError

GREY = np.full((8, 8), 90, "u1")


@pytest.fixture
def home(tmp_path, tools):
    """Two benign images, of which one has three masks; one malignant; one normal."""
    home = tmp_path / "Dataset_BUSI_with_GT"
    for name in ("benign/benign (2)", "benign/benign (10)", "malignant/malignant (1)"):
        tools.write_image(home / f"{name}.png", np.full((9, 7, 3), 90, "u1"))
        tools.write_image(home / f"{name}_mask.png", GREY)
    tools.write_image(home / "benign" / "benign (10)_mask_1.png", np.full((9, 7, 4), 255, "u1"))
    tools.write_image(home / "benign" / "benign (10)_mask_2.png", np.full((9, 7, 3), 255, "u1"))
    tools.write_image(home / "normal" / "normal (1).png", GREY)
    (home / "benign" / ".DS_Store").write_text("")
    (home / "README.md").write_text("about the data")
    return home


def busi(root, **parameters):
    return Busi(root=str(root), **parameters)


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


def test_sound_records_are_in_their_groups_though_others_are_faulty(home):
    rows = [f"{label} ({n}).png,5\n" for label, n in (("benign", 2), ("benign", 10))]
    table = "image,duplicate_group\n" + "".join([*rows, "malignant (1).png,5\n"])
    (home / "groups.csv").write_text(table, "utf-8")
    (home / "benign" / "notes.txt").write_text("")
    with pytest.raises(FaultyDataError) as error:
        busi(home).images()
    assert {r.group for r in error.value.records} == {"duplicates 5"}


def mask(height, width, *boxes, channels=0):
    """A mask, white in the boxes (left, top, right, bottom)."""
    pixels = np.zeros((height, width), "u1")
    for left, top, right, bottom in boxes:
        pixels[top:bottom, left:right] = 255
    if channels == 4:
        return np.dstack([pixels] * 3 + [np.full_like(pixels, 255)])
    return np.dstack([pixels] * channels) if channels else pixels


@pytest.fixture
def masked(home, tools):
    """`home`, whose images are 7x9, with masks of that size and of 1, 3 and 4 channels."""
    name = str(home / "benign" / "benign (10)_mask")
    tools.write_image(type(home)(f"{name}.png"), mask(9, 7, (1, 2, 3, 4)))
    tools.write_image(type(home)(f"{name}_1.png"), mask(9, 7, (2, 5, 6, 8), channels=4))
    tools.write_image(type(home)(f"{name}_2.png"), mask(9, 7, (0, 3, 1, 4), channels=3))
    tools.write_image(home / "benign" / "benign (2)_mask.png", mask(9, 7))
    tools.write_image(home / "normal" / "normal (1)_mask.png", mask(8, 8, channels=3))
    (home / "malignant" / "malignant (1)_mask.png").unlink()
    return home


def test_the_region_is_the_box_around_all_masks(masked):
    regions = {r.id: r.region() for r in busi(masked, normal=True).images()}
    assert regions == {
        "benign/benign (2).png": None,
        "benign/benign (10).png": Box(0, 2, 6, 8),
        "malignant/malignant (1).png": None,
        "normal/normal (1).png": None,
    }


def test_a_mask_may_be_left_out(masked):
    reader = busi(masked, exclude=("benign (10)_mask_1.png",))
    assert reader.images()[1].region() == Box(0, 2, 3, 4)


def test_a_mask_of_another_size_is_named_with_its_image(home):
    record = busi(home).images()[0]
    with pytest.raises(DataError) as error:
        record.region()
    assert "benign (2)_mask.png: is 8x8, but " in str(error.value)
    assert "benign (2).png, whose mask it is, is 7x9" in str(error.value)


def test_masks_change_neither_fingerprint_nor_frames(masked):
    before = [r.fingerprint for r in busi(masked).images()]
    (masked / "benign" / "benign (10)_mask.png").unlink()
    assert [r.fingerprint for r in busi(masked).images()] == before


def test_a_broken_mask_is_wrong(masked):
    path = masked / "malignant" / "malignant (1)_mask.png"
    path.symlink_to(masked / "gone.png")
    with pytest.raises(FaultyDataError, match=r"malignant \(1\)_mask\.png: a link to") as error:
        busi(masked).images()
    assert [r.label for r in error.value.records] == ["benign", "benign"]
    assert len(busi(masked, exclude=("malignant (1)_mask.png",)).images()) == 3


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


def test_the_real_images(sample_data):
    for root in (sample_data / "busi", sample_data / "busi" / "Dataset_BUSI_with_GT"):
        records = busi(root).images()
        assert Counter(r.label for r in records) == {"benign": 36, "malignant": 26}
        assert len({r.group for r in records}) == 54
        groups = {r.id: r.group for r in records}
        assert groups["benign/benign (131).png"] == groups["malignant/malignant (51).png"]
    everything = busi(root, normal=True).images()
    assert Counter(r.label for r in everything)["normal"] == 16
    assert len({r.group for r in everything}) == 70
    assert "benign (131).png = malignant (51).png" in busi(root).notes()[-1]


def test_every_real_image_decodes(sample_data):
    for record in busi(sample_data / "busi", normal=True).images():
        frames = record.frames()
        assert frames.shape[0] == 1
        assert min(frames.shape[1:3]) > 150
        assert frames.std() > 5


def test_every_real_mask_is_read(sample_data):
    records = busi(sample_data / "busi", normal=True).images()
    marked = {r.id: r.region() for r in records}
    assert {id for id, box in marked.items() if box is None} == {
        id for id in marked if id.startswith("normal/")
    }
    for record in records[::4]:
        if box := marked[record.id]:
            height, width = record.frames().shape[1:3]
            assert 0 <= box.left < box.right <= width
            assert 0 <= box.top < box.bottom <= height
            assert box.right - box.left < width or box.bottom - box.top < height
