"""The POCUS reader: class by name, groups by table, number or name, and each file's licence."""

import csv
import os
import shutil
from collections import Counter
from itertools import islice, pairwise

import av
import numpy as np
import pytest

from bench.data.pocus import Pocus
from plugins.errors import BenchError, DataError

ALL = {"classes": ("healthy", "pneumonia", "covid", "viral"), "probes": ("convex", "linear")}

FILES = (
    "pocus_videos/convex/Reg_pat2Image_1.mpeg",
    "pocus_videos/convex/Reg_pat2Image_2.mpeg",
    "pocus_videos/convex/Reg-Atlas.gif",
    "pocus_videos/convex/Pneu_northumbria_0409_set3_vid1.avi",
    "pocus_videos/convex/Reg_northumbria_0409_set3_vid2.avi",
    "pocus_videos/convex/pneu-everyday.MP4",
    "pocus_videos/convex/Cov-Atlas-+(43).gif",
    "pocus_videos/linear/Vir_liftl_H1N1_case2_clip2.mp4",
    "pocus_videos/linear/label_uncertain/Cov_bolzano_sliding .mpeg",
    "pocus_videos/linear/label_uncertain/Vir_or_Pneu_file4.mp4",
    "pocus_images/convex/Pneu_northumbria_0409_set3_img2.jpg",
    "pocus_images/convex/Reg_Avi_Image001.JPG",
    "pocus_images/linear/Cov_Fig14.png",
)


@pytest.fixture
def root(tmp_path):
    """The layout with files that are listed and never read."""
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "README.md").write_text("about the data")
    (tmp_path / "pocus_videos" / ".gitkeep").touch()
    return tmp_path


def pocus(root, **parameters):
    return Pocus(root=str(root), **parameters)


def groups(records):
    return {r.id.rpartition("/")[2]: r.group for r in records}


def metadata(root, rows):
    """Write dataset_metadata.csv; a row is (file without suffix, type, licence, patient)."""
    lines = ["Filename,Type,License,Patient ID / Name,,Comments"]
    lines += [f'{a},{b},{c},{d},,"one, two\nthree"' for a, b, c, d in rows]
    (root / "dataset_metadata.csv").write_text("\n".join(lines), "utf-8")


def clips(root, header="path,group", row="{path},g{i}"):
    """Write clips.csv with a row per video."""
    videos = [name for name in FILES if "videos" in name and "uncertain" not in name]
    lines = [header] + [row.format(path=path, i=i // 2) for i, path in enumerate(videos)]
    (root / "clips.csv").write_text("\n".join(lines), "utf-8")


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


def test_without_tables_the_names_tell_groups(root):
    found = groups(pocus(root, **ALL).videos())
    assert found["Reg_pat2Image_1.mpeg"] == found["Reg_pat2Image_2.mpeg"] == "batch pat2"
    assert (
        found["Pneu_northumbria_0409_set3_vid1.avi"]
        == found["Reg_northumbria_0409_set3_vid2.avi"]
        == "batch northumbria 0409 set3"
    )
    assert found["Cov-Atlas-+(43).gif"] == found["Reg-Atlas.gif"] == "contributor atlas"
    assert found["Vir_liftl_H1N1_case2_clip2.mp4"] == "batch liftl case2"
    assert len(set(found.values())) == 5
    notes = " ".join(pocus(root, **ALL).notes())
    assert "told by their names only (3 of 8 by their contributor alone)" in notes


def test_metadata_goes_before_the_contributor_and_sets_stay_together(root):
    metadata(
        root,
        [
            ("Cov-Atlas-+(43)", "video", "CC BY-NC 4.0", "36"),
            ("Reg-Atlas", "video", "CC BY-NC 4.0", "38"),
            ("Pneu_northumbria_0409_set3_vid1", "video", "CC BY-NC 4.0", "190"),
            ("Reg_northumbria_0409_set3_vid2", "video", "CC BY-NC 4.0", "206"),
            ("pneu-everyday.MP4", "video", "None", "206"),
            ("Reg_pat2Image_1", "video", "CC BY 4.0", "nd"),
        ],
    )
    found = groups(pocus(root, **ALL).videos())
    assert found["Cov-Atlas-+(43).gif"] == "patient 36"
    assert found["Reg-Atlas.gif"] == "patient 38"
    # Upstream numbers the clips of one set singly; a number joins what no name does.
    three = ("Pneu_northumbria_0409_set3_vid1.avi", "Reg_northumbria_0409_set3_vid2.avi")
    assert {found[name] for name in (*three, "pneu-everyday.MP4")} == {
        "batch northumbria 0409 set3"
    }
    assert found["Reg_pat2Image_1.mpeg"] == found["Reg_pat2Image_2.mpeg"]
    assert "dataset_metadata.csv and names (0 of 8 by" in " ".join(pocus(root, **ALL).notes())


def test_clips_csv_goes_before_all(root):
    metadata(root, [("Reg-Atlas", "video", "None", "1"), ("pneu-everyday", "video", "None", "1")])
    clips(root)
    # An image that belongs to g1 and g2 by its name would join them.
    (root / "pocus_images" / "convex" / "Pneu_northumbria_0409_set3_img2.jpg").unlink()
    found = groups(pocus(root, **ALL).videos())
    assert found["Reg_pat2Image_1.mpeg"] == found["Reg_pat2Image_2.mpeg"] == "g0"
    assert found["Reg-Atlas.gif"] == "g1"
    assert found["pneu-everyday.MP4"] == "g2"


def test_clips_csv_without_groups_leaves_them_to_the_names(root):
    clips(root, "path,license", "{path},CC BY 4.0")
    assert groups(pocus(root).videos())["Reg_pat2Image_1.mpeg"] == "batch pat2"


def test_an_image_is_in_a_videos_group_only_where_that_is_known(root):
    clips(root)
    found = groups(pocus(root, **ALL).images())
    assert found["Pneu_northumbria_0409_set3_img2.jpg"] == "g1"
    assert found["Cov_Fig14.png"] == "still pocus_images/linear/Cov_Fig14.png"
    assert found["Reg_Avi_Image001.JPG"].startswith("still ")
    assert "1 of 3 still images are known to be of a video's" in pocus(root, **ALL).notes()[-1]
    metadata(root, [("Cov_Fig14", "image", "", "36"), ("Cov-Atlas-+(43)", "video", "", "36")])
    videos = groups(pocus(root, **ALL).videos())
    found = groups(pocus(root, **ALL).images())
    assert found["Cov_Fig14.png"] == videos["Cov-Atlas-+(43).gif"]
    assert found["Reg_Avi_Image001.JPG"] not in videos.values()


def test_groups_that_an_image_belongs_to_are_one(root):
    """Were the image in one of them only, the other could be on the other side of a split."""
    rows = [("Reg-Atlas", "video", "", "1"), ("pneu-everyday", "video", "", "2")]
    metadata(root, rows)
    videos = groups(pocus(root).videos())
    assert videos["Reg-Atlas.gif"] != videos["pneu-everyday.MP4"]
    assert "joined" not in " ".join(pocus(root).notes())
    two = [("Reg_Avi_Image001", "image", "", number) for number in ("1", "2")]
    metadata(root, [*rows, *two])
    videos, images = groups(pocus(root).videos()), groups(pocus(root).images())
    joined = {videos["Reg-Atlas.gif"], videos["pneu-everyday.MP4"], images["Reg_Avi_Image001.JPG"]}
    assert joined == {"patient 1"}
    assert videos["Reg_pat2Image_1.mpeg"] == "batch pat2"
    assert "1 of the groups joined others" in " ".join(pocus(root).notes())


def test_an_image_joins_groups_by_another_image_between(root):
    rows = [("Reg-Atlas", "video", "", "1"), ("pneu-everyday", "video", "", "3")]
    rows += [("Reg_Avi_Image001", "image", "", n) for n in ("1", "2")]
    rows += [("Pneu_northumbria_0409_set3_img2", "image", "", n) for n in ("2", "3")]
    metadata(root, rows)
    videos, images = groups(pocus(root).videos()), groups(pocus(root).images())
    assert len({videos["Reg-Atlas.gif"], videos["pneu-everyday.MP4"], *images.values()}) == 1


def test_groups_of_clips_csv_are_joined_where_an_image_belongs_to_both(root):
    metadata(root, [("Reg-Atlas", "video", "None", "1"), ("pneu-everyday", "video", "None", "1")])
    clips(root)
    name = "Pneu_northumbria_0409_set3_img2.jpg"
    (root / "pocus_images" / "convex" / name).unlink()  # it belongs to g1 and g2 by its name
    assert sorted(set(groups(pocus(root, **ALL).videos()).values())) == ["g0", "g1", "g2", "g3"]
    (root / "pocus_images" / "convex" / name).touch()
    videos, images = groups(pocus(root, **ALL).videos()), groups(pocus(root, **ALL).images())
    assert sorted(set(videos.values())) == ["g0", "g1", "g3"]
    assert images[name] == videos["pneu-everyday.MP4"] == "g1"


def test_a_row_of_an_image_is_not_taken_for_a_videos(root):
    metadata(root, [("Reg-Atlas", "image", "CC BY 4.0", "5")])
    assert groups(pocus(root).videos())["Reg-Atlas.gif"] == "contributor atlas"


@pytest.mark.parametrize(
    ("licence", "permissive"),
    [
        ("CC BY 4.0", True),
        ("CC BY 2.0", True),
        ("cc-by-4.0", True),
        ("CC BY", True),
        ("CC BY-NC 4.0", False),
        ("CC BY-NC -SA 4.0", False),
        ("CC BY-SA 4.0", False),
        ("COVID-19 emergency license", False),
        ("None", False),
        ("", False),
    ],
)
def test_only_cc_by_is_permissive(root, licence, permissive):
    rows = [(name, "video", "CC BY 4.0", "") for name in ("Reg-Atlas", "pneu-everyday")]
    metadata(root, [*rows, ("Reg_pat2Image_1", "video", licence, "")])
    found = groups(pocus(root, permissive_only=True).videos())
    assert ("Reg_pat2Image_1.mpeg" in found) == permissive
    assert len(found) == 2 + permissive


def test_of_rows_that_differ_the_strictest_counts(root):
    rows = [("Reg-Atlas", "video", licence, "") for licence in ("CC BY 4.0", "CC BY-NC 4.0")]
    metadata(root, [*rows, ("pneu-everyday", "video", "CC BY 4.0", "")])
    with pytest.raises(DataError, match=r"no video of class healthy under CC BY .*pneumonia 1"):
        pocus(root, permissive_only=True).videos()


def test_what_is_left_out_for_its_licence_is_noted(root):
    clips(root, "path,license", "{path},CC BY 4.0")
    reader = pocus(root, permissive_only=True)
    assert len(reader.videos()) == 6
    assert "2 of 8 files are left out, as they are not CC BY (of 2 no licence" in reader.notes()[1]
    with pytest.raises(DataError, match=r"needs a table that tells the images' licences: images"):
        reader.images()


def test_permissive_needs_a_table(root):
    with pytest.raises(DataError, match=r"permissive_only needs a table .*clips\.csv or dataset"):
        pocus(root, permissive_only=True).videos()


def test_licences_are_noted(root):
    clips(root, "path,license", "{path},CC BY-NC 4.0")
    assert "licence unknown (2)" in pocus(root).notes()[1]
    assert "CC BY-NC 4.0 (6)" in pocus(root).notes()[1]


def test_a_tables_class_goes_before_the_name_and_is_noted(root):
    clips(root, "path,label", "{path},")
    name = "pocus_videos/convex/Reg-Atlas.gif"
    (root / "clips.csv").write_text(f"path,label\n{name},Bacterial pneumonia\n", "utf-8")
    assert Counter(r.label for r in pocus(root).videos()) == {"healthy": 3, "pneumonia": 3}
    assert f"{name} (pneumonia)" in " ".join(pocus(root).notes())
    (root / "images.csv").write_text(
        "path,label\npocus_images/convex/Reg_Avi_Image001.JPG,Healthy\n", "utf-8"
    )
    assert Counter(r.label for r in pocus(root).images()) == {"healthy": 1, "pneumonia": 1}


def test_uncertain_labels_are_left_out_and_noted(root):
    assert "2 files in label_uncertain are left out" in pocus(root).notes()[0]
    shutil.rmtree(root / "pocus_videos" / "linear" / "label_uncertain")
    assert "label_uncertain" not in " ".join(pocus(root).notes())


@pytest.mark.parametrize(
    ("name", "table", "message"),
    [
        ("clips.csv", "file\na\n", "lacks the column path"),
        ("clips.csv", "path,group\na,1\nA,2\n", "line 3: 'A' has another row"),
        ("clips.csv", "path,group\na,1\n", "tells no group of 8 of 8 videos: pocus_videos/convex"),
        ("clips.csv", b"path\n\xff\xfe\n", "cannot be read as CSV"),
        ("images.csv", "name\na\n", "lacks the column path"),
        ("dataset_metadata.csv", "Label\na\n", "lacks the column Filename and Type"),
        (
            "images.csv",
            "path,label\npocus_images/linear/Cov_Fig14.png,flu\n",
            "line 2: unknown label 'flu'; known are covid-19",
        ),
    ],
)
def test_a_wrong_table_is_named(root, name, table, message):
    (root / name).write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(DataError, match=message):
        pocus(root).videos()


def test_everything_wrong_is_listed_at_once(root):
    convex = root / "pocus_videos" / "convex"
    (convex / "Covered.mp4").touch()
    (convex / "Reg_x.png").touch()
    (convex / "notes.txt").touch()
    (convex / "Reg_frames").mkdir()
    (root / "pocus_images" / "convex" / "Reg_x.mp4").touch()
    (root / "pocus_videos" / "phased").mkdir()
    with pytest.raises(DataError) as error:
        pocus(root, exclude=("nothing*",)).videos()
    text = str(error.value)
    assert len(text.splitlines()) == 8
    assert "Covered.mp4: the name begins with none of Cov, Pneu, Vir, Reg" in text
    assert "'Reg_x.png' is no video file" in text
    assert "'notes.txt' is no video file" in text
    assert "'Reg_frames' is a folder; videos lie in the probe's folder itself" in text
    assert "'Reg_x.mp4' is no image file" in text
    assert "phased: is no probe's folder; those are convex, linear" in text
    assert "exclude = 'nothing*' matches nothing" in text


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
    (root / "pocus_videos" / "convex" / "Reg_gone.mp4").symlink_to(root / "nowhere.mp4")
    records = {r.id.rpartition("/")[2]: r for r in pocus(root).videos()}
    for name, message in (
        ("Reg-Atlas.gif", "damaged"),
        ("Reg_gone.mp4", "a link to"),
        ("pneu-everyday.MP4", "is empty"),
    ):
        with pytest.raises(DataError, match=message):
            records[name].frames()


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


def test_a_real_image_of_a_videos_set_is_in_its_group(sample_data):
    reader = pocus(sample_data / "pocus")
    shared = {r.group for r in reader.videos()} & {r.group for r in reader.images()}
    assert shared == {"N0409_set4"}
    assert any("1 of 24 still images" in note for note in reader.notes())


@pytest.mark.parametrize("tables", [["dataset_metadata.csv"], []])
def test_no_rule_parts_a_real_group(sample_data, tmp_path, tables):
    """The groups of clips.csv, checked by hand, are the measure; the rules see less."""
    source = sample_data / "pocus"
    for name in ("pocus_videos", *tables):
        (tmp_path / name).symlink_to(source / name)
    truth = {r.id: r.group for r in pocus(source, **ALL).videos()}
    found = {r.id: r.group for r in pocus(tmp_path, **ALL).videos()}
    assert found.keys() == truth.keys()
    ids = sorted(truth, key=truth.__getitem__)
    assert all(found[a] == found[b] for a, b in pairwise(ids) if truth[a] == truth[b])
    assert len(set(found.values())) == (19 if tables else 16)


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


def test_patients_are_the_same_however_the_root_is_given(tmp_path, root):
    home = tmp_path / "clone" / "data"
    shutil.copytree(root / "pocus_videos", home / "pocus_videos")
    shutil.copytree(root / "pocus_images", home / "pocus_images")
    spaces = {pocus(p).group_space() for p in (home, home.parent, f"{home}/", home / ".." / "data")}
    assert len(spaces) == 1
    assert pocus(root).group_space() not in spaces
