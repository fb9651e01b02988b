"""BUSV's annotation files: where they lie, how they are written, and what is wrong in them."""

import pytest

from plugins.errors import DataError
from tests.bench.data.readers.busv import tree
from tests.bench.data.readers.busv.tree import busv, notes


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
