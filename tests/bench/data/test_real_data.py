"""Real ultrasound: every sample decodes, frame by frame."""

import csv

import numpy as np
import pytest

from bench.data import Cache, ClipSettings, Folder, VideoClips, decode, split, video
from bench.data.subject import Subject
from plugins.errors import DataError


@pytest.fixture(scope="module")
def pocus(sample_data, tmp_path_factory):
    """The lung videos as one folder per class, and what their table says of them."""
    root = tmp_path_factory.mktemp("pocus")
    with (sample_data / "pocus" / "clips.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    groups = ["id,group"]
    for row in rows:
        source = sample_data / "pocus" / row["path"]
        link = root / row["label"] / source.name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(source)
        row["id"] = link.relative_to(root).as_posix()
        groups.append(f"{row['id']},{row['group']}")
    (root / "groups.csv").write_text("\n".join(groups), encoding="utf-8")
    return Folder(root=str(root)).videos(), {row["id"]: row for row in rows}


@pytest.fixture(scope="module")
def filled(pocus, tmp_path_factory):
    """The shorter videos, decoded."""
    records, table = pocus
    short = [record for record in records if int(table[record.id]["frames"]) <= 60]
    cache = Cache(tmp_path_factory.mktemp("cache"))
    cache.fill(short, ClipSettings(size=32))
    return short, cache


def test_every_lung_video_has_the_frames_that_its_table_says(pocus):
    records, table = pocus
    assert len(records) == 61
    for record in records:
        count = sum(1 for _ in video.decoded(record.path))
        assert count == int(table[record.id]["frames"]), record.id


def test_lung_videos_become_clips(filled, pocus):
    records, cache = filled
    table = pocus[1]
    clips = VideoClips(records, cache, ClipSettings(size=32))
    assert len(clips) == len(records) > 15
    for i, record in enumerate(records):
        assert cache.length(record, ClipSettings(size=32)) == int(table[record.id]["frames"])
        assert clips[i].shape == (1, 16, 32, 32)
        assert clips[i].std() > 0.02


def test_lung_patients_stay_on_one_side(pocus):
    records, _ = pocus
    for ratio in ("7:3", "5:5", "3:7"):
        drawn = split([Subject.of(record) for record in records], ratio, 0)
        drawn.check()
        assert drawn.groups == {record.id: record.group for record in records}
        assert drawn.labels == {record.id: record.label for record in records}
        assert len(drawn.counts("test")) == 4


def test_every_breast_image_decodes(sample_data):
    root = sample_data / "busi" / "Dataset_BUSI_with_GT"
    images = Folder(root=str(root), exclude=("*_mask*",)).images()
    assert len(images) == 78
    for record in images:
        frames = record.frames()
        assert frames.shape[0] == 1
        assert frames.dtype == np.uint8
        assert frames.std() > 5


def test_masks_decode_too(sample_data):
    root = sample_data / "busi" / "Dataset_BUSI_with_GT"
    masks = sorted(root.rglob("*_mask*.png"))[:20]
    assert all(decode.frames(path).max() in (0, 255) for path in masks)


def test_a_frame_folder_of_a_real_data_set(sample_data):
    (record,) = Folder(root=str(sample_data / "vtus_thyroid" / "VTUS"), exclude=("*_GT",)).videos()
    assert record.id == "Test/0004"
    assert record.frames().shape == (93, 256, 256, 3)


def test_a_folder_without_classes_is_refused(sample_data):
    with pytest.raises(DataError, match="cannot be read as a folder of images"):
        Folder(root=str(sample_data / "busi")).images()
