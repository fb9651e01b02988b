"""BUSV's boxes: the region around the sound ones; the others are left out and told."""

import pytest

from plugins.dataset import Box
from tests.bench.data.readers.busv import tree
from tests.bench.data.readers.busv.tree import busv, by_id, change, notes


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
