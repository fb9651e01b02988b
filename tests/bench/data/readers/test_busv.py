"""The BUSV reader: a small copy with the published errors, read and corrected."""

import hashlib
import json
import shutil
from collections import Counter

import numpy as np
import pytest

from bench.cells.part import Part
from bench.data import ClipSettings
from bench.data.readers.busv import Busv
from plugins.dataset import Box
from plugins.errors import BenchError, DataError, FaultyDataError
from tests.bench.data.readers import busv_tree as tree


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A copy with annotations, which no test changes."""
    root = tmp_path_factory.mktemp("busv") / "BUSV"
    tree.build(root)
    return root


@pytest.fixture
def root(published, tmp_path):
    """A copy to change."""
    return shutil.copytree(published, tmp_path / "BUSV")


def busv(root, **parameters):
    return Busv(root=str(root), **parameters)


def by_id(records):
    return {record.id: record for record in records}


def notes(reader):
    return "\n".join(reader.notes())


def test_videos_are_folders_of_frames(published):
    records = by_id(busv(published, corrections="none").videos())
    assert set(records) == set(tree.LENGTHS)
    assert Counter(r.label for r in records.values()) == {"benign": 6, "malignant": 6}
    assert all(r.label == id.split("/")[0] for id, r in records.items())
    for id, record in records.items():
        assert record.group == id
        assert record.length_hint() == tree.LENGTHS[id]
    assert records[tree.SHORT].frames().shape == (3, tree.HEIGHT, tree.WIDTH, 1)
    assert len(list(records[tree.PLAIN[0]].stream())) == 6
    assert busv(published).holds() == ("videos",)


def test_the_planted_errors_are_there(published):
    """The copy has what the published data have, so that the tests below mean something."""
    records = by_id(busv(published, corrections="none").videos())
    first, second = (records[id] for id in tree.TWINS)
    assert first.fingerprint == second.fingerprint
    assert first.label != second.label
    digests = [
        {hashlib.md5(path.read_bytes()).digest() for path in records[id].path.iterdir()}
        for id in tree.SHARING
    ]
    assert [len(d) for d in digests] == [6, 6]
    assert len(digests[0] & digests[1]) == 3
    others = [r for id, r in records.items() if id != tree.TWINS[0]]
    assert len({r.fingerprint for r in others}) == len(others)
    still = np.stack([r.frames()[0, ..., 0].astype(float).ravel() for r in others])
    correlation = np.corrcoef(still) - np.eye(len(others))
    assert correlation.max() < 0.9


def test_the_published_errors_are_corrected(published):
    as_published = by_id(busv(published, corrections="none").videos())
    records = by_id(busv(published).videos())
    assert as_published.keys() - records.keys() == {tree.TWINS[0]}
    changed = {id for id, r in records.items() if r.label != as_published[id].label}
    assert changed == {"benign/x63c9ba1377f35bf6", "benign/x5a1c46ec6377e946"}
    assert {records[id].label for id in tree.PATIENT} == {"malignant"}
    assert len({records[id].group for id in tree.PATIENT}) == 1
    others = [r for id, r in records.items() if id not in tree.PATIENT]
    assert all(r.group == r.id for r in others)
    assert all(r.fingerprint == as_published[id].fingerprint for id, r in records.items())


def test_what_was_corrected_is_noted(published):
    assert (
        "1 dropped, 2 relabelled, 4 grouped; 0 of its 7 entries speak of what this copy does not"
        in notes(busv(published))
    )
    assert "'busv-2026-1' (SHA-256 " in notes(busv(published))
    assert "are not corrected (corrections = 'none')" in notes(busv(published, corrections="none"))


def test_what_a_part_of_the_data_lacks_is_counted(root):
    for id in (*tree.TWINS, tree.PATIENT[0]):
        shutil.rmtree(root / "rawframes" / id)
    assert "0 dropped, 1 relabelled, 3 grouped; 3 of its 7 entries" in notes(busv(root))
    excluded = busv(root, exclude=(tree.PATIENT[1],))
    assert "0 dropped, 0 relabelled, 2 grouped; 3 of its 7 entries" in notes(excluded)


def test_corrections_are_part_of_a_cells_key(published):
    """What `Corrections` promises: ids, labels and groups are hashed, so the list is."""

    def fingerprint(ids, **parameters):
        reader = busv(published, **parameters)
        part = Part.whole(reader, "videos", ("benign", "malignant"), ClipSettings())
        return part.among(ids).fingerprint()

    relabelled, grouped = tree.PATIENT[:1], tree.PATIENT[3:]
    for ids in (relabelled, grouped):
        assert fingerprint(ids) != fingerprint(ids, corrections="none")
    assert fingerprint(tree.PLAIN) == fingerprint(tree.PLAIN, corrections="none")


@pytest.mark.parametrize("place", [".", "rawframes", ".."])
def test_the_root_may_be_the_frames_or_the_folder_above(published, place):
    found = busv(published / place)
    direct = busv(published).videos()
    assert [(r.id, r.region()) for r in found.videos()] == [(r.id, r.region()) for r in direct]


def test_two_copies_are_too_many(root):
    shutil.copytree(root, root.parent / "again")
    with pytest.raises(DataError, match="holds 2 copies of the data: BUSV/rawframes, again/"):
        busv(root.parent).videos()


def test_videos_of_one_name_in_both_classes_keep_their_ids(root):
    id = tree.PLAIN[1]
    shutil.copytree(root / "rawframes" / id, root / "rawframes" / id.replace("malignant", "benign"))
    same = [r.id for r in busv(root).videos() if r.id.endswith(id.split("/")[1])]
    assert same == [id.replace("malignant", "benign"), id]


def test_groups_come_from_the_table(root):
    ids = [r.id for r in busv(root).videos()]
    rows = [f"{id},p{0 if id in tree.SHARING else i + 1}" for i, id in enumerate(ids)]
    (root / "groups.csv").write_text("\n".join(["id,group", *rows]), "utf-8")
    records = by_id(busv(root).videos())
    assert {records[id].group for id in tree.SHARING} == {"p0"}
    # The list joins what the table parts: one patient stays on one side.
    assert len({records[id].group for id in tree.PATIENT}) == 1
    assert len({r.group for r in records.values()}) == len(ids) - 4
    assert "no patient ids" not in notes(busv(root))
    assert busv(root).group_space() == "groups.csv"
    (root / "groups.csv").write_text("\n".join(["id,group", *rows[1:]]), "utf-8")
    with pytest.raises(DataError, match=r"groups\.csv: lacks 1 of 11 ids: benign/"):
        busv(root).videos()


def test_without_a_table_patients_are_unknown(published):
    assert "no patient ids, and no groups.csv" in notes(busv(published))
    assert busv(published).group_space() == ""


def test_there_are_no_images(published):
    with pytest.raises(DataError, match="BUSV holds videos only"):
        busv(published).images()


@pytest.mark.parametrize("names", ["published", "short"])
@pytest.mark.parametrize("inside", [True, False])
def test_the_region_is_the_box_around_all_sound_boxes(tmp_path, names, inside):
    tree.build(tmp_path, names)
    if inside:
        (tmp_path / "annotations").mkdir()
        for name in tree.NAMES[names]:
            (tmp_path / name).rename(tmp_path / "annotations" / name)
    for id, record in by_id(busv(tmp_path).videos()).items():
        assert record.region() == Box(20, 10, 20 + tree.LENGTHS[id] - 1 + 16, 22)
    told = notes(busv(tmp_path))
    assert f"1 of 59 boxes are left out: 1 without an area ({tree.NEGATIVE})" in told


def test_without_annotations_there_is_no_region(tmp_path):
    tree.build(tmp_path, None)
    assert {r.region() for r in busv(tmp_path).videos()} == {None}
    assert "there are no annotations" in notes(busv(tmp_path))


def test_one_of_two_annotation_files_will_do(root):
    (root / "imagenet_vid_val.json").unlink()
    records = busv(root).videos()
    assert {bool(r.region()) for r in records} == {True, False}
    assert "imagenet_vid_val.json is not there: boxes are read from imagenet" in notes(busv(root))
    assert "videos have no sound box, so no region: " in notes(busv(root))


def change(root, change_it, names=tree.NAMES["published"]):
    """Change annotation files."""
    for name in names:
        content = json.loads((root / name).read_text("utf-8"))
        change_it(content)
        (root / name).write_text(json.dumps(content), "utf-8")


def change_one(root, change_it):
    """Change the annotation file of the training videos."""
    change(root, change_it, tree.NAMES["published"][:1])


def faulty(root, **values):
    """Give every box of one video other values; returns the frames' names."""
    id = tree.PLAIN[0]
    names = [f"{id}/{t:06d}.png" for t in range(tree.LENGTHS[id])]

    def spoil(content):
        images = {i["id"]: i for i in content["images"] if i["file_name"] in names}
        for box in content["annotations"]:
            if image := images.get(box["image_id"]):
                box |= {k: v for k, v in values.items() if k in box}
                image |= {k: v for k, v in values.items() if k in image}

    change(root, spoil)
    return names


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"bbox": [20, 10, 0, 4]}, "7 without an area"),
        ({"bbox": [20, 10, 4, -4]}, "7 without an area"),
        ({"bbox": [20, 10, float("nan"), 4]}, "7 without an area"),
        ({"bbox": [20, 10, float("inf"), 4]}, "7 without an area"),
        ({"bbox": [64, 10, 4, 4]}, "6 outside the frame"),
        ({"bbox": [-5, 10, 5, 4]}, "6 outside the frame"),
        ({"category_id": 2}, "6 of another class than the video's"),
        ({"category_id": 3}, "6 of another class than the video's"),
        ({"width": 65}, "6 of a frame that is said to have another size"),
    ],
)
def test_a_bad_box_is_left_out_and_told(root, values, told):
    frames = faulty(root, **values)
    assert by_id(busv(root).videos())[tree.PLAIN[0]].region() is None
    (note,) = [note for note in busv(root).notes() if "boxes are left out" in note]
    # One of the seven is the box of a negative size that every copy has.
    assert note.startswith("BUSV: 7 of 59 boxes are left out: ")
    assert f"{told} (" in note
    assert frames[0] in note
    assert frames[5] not in note
    assert " more)" in note


@pytest.mark.parametrize(
    "name",
    [
        "benign/nowhere/000000.png",
        f"{tree.PLAIN[0]}/000099.png",
        f"../{tree.PLAIN[0]}/000000.png",
        f"{tree.PLAIN[0]}/../{tree.PLAIN[0].split('/')[1]}/000000.png",
        "/etc/passwd",
        "",
    ],
)
def test_a_frame_that_is_not_there_is_told_and_not_looked_for(root, name):
    faulty(root, file_name=name)
    assert by_id(busv(root).videos())[tree.PLAIN[0]].region() is None
    assert f"6 of a frame that is not there ({name}, " in notes(busv(root))


@pytest.mark.parametrize("prefix", ["rawframes/", "./rawframes/", "./"])
def test_frames_may_be_named_from_the_root(root, prefix):
    before = by_id(busv(root).videos())[tree.PLAIN[0]].region()

    def prefixed(content):
        for image in content["images"]:
            image["file_name"] = prefix + image["file_name"].replace("/", "\\")

    change(root, prefixed)
    assert by_id(busv(root).videos())[tree.PLAIN[0]].region() == before


def test_a_box_is_cut_to_its_frame(root):
    faulty(root, bbox=[-3.5, 7.2, 1e308, 5.1])
    box = by_id(busv(root).videos())[tree.PLAIN[0]].region()
    assert box == Box(0, 7, tree.WIDTH, 13)


def test_a_box_of_an_unknown_image_is_told(root):
    change_one(root, lambda content: content["annotations"][0].update(image_id=4321))
    assert "1 of an unknown image id (id 4321)" in notes(busv(root))


def test_an_image_id_that_two_images_have_is_told(root):
    change_one(root, lambda content: content["images"][1].update(id=1))
    assert "1 of an image id that two images have (id 1)" in notes(busv(root))


def test_boxes_may_follow_the_corrected_class(root):
    def mend(content):
        images = {i["id"]: i["file_name"] for i in content["images"]}
        for box in content["annotations"]:
            if images[box["image_id"]].startswith(tree.PATIENT):
                box["category_id"] = 2

    change(root, mend)
    assert all(by_id(busv(root).videos())[id].region() for id in tree.PATIENT)
    told = notes(busv(root, corrections="none"))
    assert "8 of another class than the video's" in told


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Invalid JSON"),
        ("[]", "Input should be an object"),
        ("", "Invalid JSON"),
        (b"\xff\xfe{}", "Invalid JSON"),
        ("{}", "lacks the key images"),
        ('{"images": [], "categories": []}', "lacks the key annotations"),
        ('{"images": [{"id": 1}], "annotations": []}', r"lacks the key images\[0\]\.file_name"),
        (
            '{"images": [], "categories": [], "annotations": '
            '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3]}]}',
            r"lacks the key annotations\[0\]\.bbox\[3\]",
        ),
        (
            '{"images": [], "categories": [], "annotations": '
            '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, "wide"]}]}',
            r"annotations\[0\]\.bbox\[3\]: ",
        ),
    ],
)
def test_a_damaged_annotation_file_is_named(root, text, message):
    path = root / "imagenet_vid_val.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    for read in (busv(root).videos, busv(root).notes):
        with pytest.raises(DataError, match=rf"imagenet_vid_val\.json: .*{message}"):
            read()


def test_an_annotation_file_that_is_a_broken_link_is_named(root):
    (root / "imagenet_vid_val.json").unlink()
    (root / "imagenet_vid_val.json").symlink_to(root / "gone.json")
    with pytest.raises(DataError, match=r"imagenet_vid_val\.json: cannot be read: No such file"):
        busv(root).videos()


def test_a_byte_order_mark_is_no_matter(root):
    before = [r.region() for r in busv(root).videos()]
    for name in tree.NAMES["published"]:
        (root / name).write_bytes(b"\xef\xbb\xbf" + (root / name).read_bytes())
    assert [r.region() for r in busv(root).videos()] == before


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


def test_an_unknown_list_is_named():
    with pytest.raises(BenchError, match=r"corrections = 'busv-1999-1': .*'busv-2026-1' or 'none'"):
        Busv.configure({"corrections": "busv-1999-1"}, "experiment.toml")
