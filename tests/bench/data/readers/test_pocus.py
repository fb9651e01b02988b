"""The POCUS reader: class by name, what belongs, and a clear word when not."""

import os
import shutil
from collections import Counter

import av
import numpy as np
import pytest

from bench.data.readers.pocus import Pocus
from plugins.errors import BenchError, DataError, FaultyDataError
from tests.bench.data.readers.pocus_tree import ALL, build, groups, pocus


@pytest.fixture
def root(tmp_path):
    return build(tmp_path)


def test_the_class_is_the_prefix_in_any_case(root):
    records = pocus(root, **ALL).videos()
    assert [(r.id.rpartition("/")[2], r.label) for r in records] == [
        ("Cov-Atlas-+(43).gif", "covid"),
        ("pneu-everyday.MP4", "pneumonia"),
        ("Pneu_northumbria_0409_set3_vid1.avi", "pneumonia"),
        ("Reg-Atlas.gif", "healthy"),
        ("Reg_northumbria_0409_set3_vid2.avi", "healthy"),
        ("Reg_pat2Image_1.mpeg", "healthy"),
        ("Reg_pat2Image_2.mpeg", "healthy"),
        ("Vir_liftl_H1N1_case2_clip2.mp4", "viral"),
    ]
    assert records[0].id == "pocus_videos/convex/Cov-Atlas-+(43).gif"


def test_healthy_and_pneumonia_of_the_convex_probe_are_the_default(root):
    assert Counter(r.label for r in pocus(root).videos()) == {"healthy": 4, "pneumonia": 2}
    assert Counter(r.label for r in pocus(root).images()) == {"healthy": 1, "pneumonia": 1}
    viral = pocus(root, classes=("viral",), probes=("linear",))
    assert [r.label for r in viral.videos()] == ["viral"]


def test_the_root_may_be_the_clone(root, tmp_path_factory):
    clone = tmp_path_factory.mktemp("clone")
    shutil.copytree(root, clone / "data")
    assert groups(pocus(clone).videos()) == groups(pocus(root).videos())
    assert [r.id for r in pocus(clone).images()] == [r.id for r in pocus(root).images()]


def test_folder_names_are_read_in_any_case(root):
    (root / "pocus_videos" / "convex").rename(root / "pocus_videos" / "Convex")
    assert len(pocus(root).videos()) == 6


def test_uncertain_labels_are_left_out_and_noted(root):
    assert "2 files in label_uncertain are left out" in pocus(root).notes()[0]
    shutil.rmtree(root / "pocus_videos" / "linear" / "label_uncertain")
    assert "label_uncertain" not in " ".join(pocus(root).notes())


def test_everything_wrong_is_listed_at_once(root):
    convex = root / "pocus_videos" / "convex"
    sound = [(r.id, r.group) for r in pocus(root).videos()]
    (convex / "Covered.mp4").touch()
    (convex / "Reg_x.png").touch()
    (convex / "notes.txt").touch()
    (convex / "Reg_frames").mkdir()
    (root / "pocus_images" / "convex" / "Reg_x.mp4").touch()
    (root / "pocus_videos" / "phased").mkdir()
    (convex / "Reg_gone.mp4").symlink_to(root / "nowhere.mp4")
    with pytest.raises(FaultyDataError) as error:
        pocus(root, exclude=("nothing*",)).videos()
    text = str(error.value)
    assert "mend what follows, or leave it out with 'exclude':\n  " in text
    assert len(text.splitlines()) == 1 + len(error.value.faults) == 9
    assert [(r.id, r.group) for r in error.value.records] == sound
    assert "Reg_gone.mp4: a link to" in text
    assert "Covered.mp4: the name begins with none of Cov, Pneu, Vir, Reg" in text
    assert "'Reg_x.png' is no video file" in text
    assert "'notes.txt' is no video file" in text
    assert "'Reg_frames' is a folder; videos lie in the probe's folder itself" in text
    assert "'Reg_x.mp4' is no image file" in text
    assert "phased: is no probe's folder; those are convex, linear" in text
    assert "exclude = 'nothing*' matches nothing" in text


def test_a_folder_that_cannot_be_read_is_one_fault(root, locked):
    locked(root / "pocus_videos" / "linear")
    with pytest.raises(FaultyDataError, match="linear: cannot be read: Permission denied") as error:
        pocus(root).videos()
    assert len(error.value.records) == 6
    for read in (pocus(root).images, pocus(root).notes):
        with pytest.raises(FaultyDataError, match="linear: cannot be read"):
            read()


def test_what_is_excluded_is_neither_read_nor_wrong(root):
    (root / "pocus_videos" / "convex" / "notes.txt").touch()
    (root / "pocus_videos" / "phased").mkdir()
    patterns = ("*.txt", "phased", "Reg_pat2*", "Reg_Avi*")
    assert len(pocus(root, exclude=patterns).videos()) == 4
    assert len(pocus(root, exclude=patterns).images()) == 1


def test_an_empty_class_says_what_there_is(root):
    with pytest.raises(
        DataError, match=r"no video of class viral \(probes convex\); there are: covid 1, healthy 4"
    ):
        pocus(root, classes=("healthy", "viral")).videos()
    assert len(pocus(root, classes=("healthy", "viral")).images()) == 1
    with pytest.raises(DataError, match="no image of class viral"):
        pocus(root, classes=("viral",)).images()


def test_videos_or_images_may_be_missing(root):
    shutil.rmtree(root / "pocus_videos")
    assert len(pocus(root).images()) == 2
    assert pocus(root).notes()[-1].startswith("POCUS: 0 of 2 still images")
    with pytest.raises(DataError, match=r"no video of class healthy, pneumonia .*there are: none"):
        pocus(root).videos()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (str, "does not exist"),
        (lambda p: p.write_text(""), "is a file, not a folder"),
        (lambda p: (p / "videos").mkdir(parents=True), "found: videos"),
    ],
)
def test_a_wrong_root_says_what_was_expected_and_how_the_data_are_obtained(tmp_path, make, message):
    make(tmp_path / "clone")
    with pytest.raises(DataError, match=message) as error:
        pocus(tmp_path / "clone").videos()
    assert "expected is the folder data of covid19_ultrasound" in str(error.value)
    assert "github.com/jannisborn/covid19_ultrasound" in str(error.value)
    assert "Licence: " in str(error.value)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"classes": ["flu"]}, "classes.*'healthy', 'pneumonia', 'covid' or 'viral'"),
        ({"probes": []}, "at least 1 item"),
        ({"permissive": True}, "did you mean 'permissive_only'"),
    ],
)
def test_a_wrong_parameter_is_named(parameters, message):
    with pytest.raises(BenchError, match=message):
        Pocus.configure(parameters, "experiment.toml")


@pytest.mark.skipif(os.name != "posix", reason="bytes as names exist on POSIX only")
def test_a_name_that_is_no_text_is_named(root):
    with open(os.fsencode(root) + b"/pocus_videos/convex/Reg_\xff.mp4", "wb"):  # noqa: PTH123
        pass
    with pytest.raises(DataError, match="not valid UTF-8") as error:
        pocus(root).videos()
    assert str(error.value).encode()


def test_odd_videos_decode(tmp_path, tools):
    convex = tmp_path / "pocus_videos" / "convex"
    pixels = tools.moving_square(12)
    tinted = (pixels * np.array([0.7, 0.8, 1.0])).astype("u1")
    tools.write_video(convex / "Cov-Atlas-+(43).gif", pixels)
    tools.write_video(convex / "Reg_a b (1).mp4", tinted, pix_fmt="yuv444p")
    tools.write_video(convex / "pneu-short.avi", pixels[:1])
    with av.open(str(convex / "Reg_pat2Image_1.mpeg"), "w", format="mpeg") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        for frame in pixels:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    records = pocus(tmp_path, classes=("healthy", "pneumonia", "covid")).videos()
    shapes = {r.id.rpartition("/")[2]: r.frames().shape for r in records}
    assert shapes == {
        "Cov-Atlas-+(43).gif": (12, 48, 64, 3),
        "pneu-short.avi": (1, 48, 64, 3),
        "Reg_a b (1).mp4": (12, 48, 64, 3),
        "Reg_pat2Image_1.mpeg": (12, 48, 64, 3),
    }


def test_damaged_files_are_named_when_they_are_read(root):
    (root / "pocus_videos" / "convex" / "Reg-Atlas.gif").write_bytes(b"GIF89a nonsense")
    records = {r.id.rpartition("/")[2]: r for r in pocus(root).videos()}
    for name, message in (
        ("Reg-Atlas.gif", "damaged"),
        ("pneu-everyday.MP4", "is empty"),
    ):
        with pytest.raises(DataError, match=message):
            records[name].frames()
