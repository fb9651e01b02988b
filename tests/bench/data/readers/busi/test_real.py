"""The real files of BUSI, each of which decodes."""

from collections import Counter

from tests.bench.data.readers.busi.tree import busi


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
