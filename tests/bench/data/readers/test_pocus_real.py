"""The real files of POCUS, each of which decodes."""

import csv
from collections import Counter
from itertools import islice

import pytest

from plugins.errors import DataError
from tests.bench.data.readers.pocus_tree import ALL, pocus


def test_the_real_files(sample_data):
    root = sample_data / "pocus"
    videos, images = pocus(root).videos(), pocus(root).images()
    assert Counter(r.label for r in videos) == {"healthy": 26, "pneumonia": 19}
    assert Counter(r.label for r in images) == {"healthy": 10, "pneumonia": 14}
    assert len({r.group for r in videos}) == 13
    everything = pocus(root, **ALL)
    assert Counter(r.label for r in everything.videos()) == {
        "healthy": 29,
        "pneumonia": 19,
        "covid": 10,
        "viral": 3,
    }
    assert len({r.group for r in everything.videos()}) == 19
    assert len(everything.images()) == 31
    permissive = pocus(root, permissive_only=True, classes=("healthy", "covid"))
    assert Counter(r.label for r in permissive.videos()) == {"healthy": 14, "covid": 6}
    with pytest.raises(DataError, match="no video of class pneumonia under CC BY"):
        pocus(root, permissive_only=True).videos()


def test_every_real_image_decodes(sample_data):
    for record in pocus(sample_data / "pocus", **ALL).images():
        frames = record.frames()
        assert frames.shape[0] == 1
        assert frames.std() > 5


def real(sample_data):
    """The real videos, and how many frames their table says they have, by file name."""
    records = pocus(sample_data / "pocus", **ALL).videos()
    with (sample_data / "pocus" / "clips.csv").open(encoding="utf-8", newline="") as file:
        lengths = {row["path"]: int(row["frames"]) for row in csv.DictReader(file)}
    return {r.id.rpartition("/")[2]: (r, lengths[r.id]) for r in records}


@pytest.mark.parametrize(
    "name",
    [
        "Cov-Atlas+(45).gif",
        "Pneu_liftl_pneu_case3_clip3.mp4",
        "Reg_Avi_lung-sliding.MP4",
        "Reg_pat2Image_134348.mpeg",
    ],
)
def test_real_videos_of_each_kind_decode(sample_data, name):
    record, length = real(sample_data)[name]
    frames = record.frames()
    assert len(frames) == length
    assert frames.std() > 5


def test_a_long_real_video_is_read_frame_by_frame(sample_data):
    record, _ = real(sample_data)["Cov_recommendations_lightbeam_mov6.mov"]
    frames = list(islice(record.stream(), 10))
    assert len({frame.shape for frame in frames}) == 1
    assert frames[0].std() > 5


@pytest.mark.slow
def test_every_real_video_decodes(sample_data):
    for record, length in real(sample_data).values():
        assert sum(1 for _ in record.stream()) == length, record.id
