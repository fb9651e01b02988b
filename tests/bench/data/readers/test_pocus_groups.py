"""Groups of POCUS: by table, number or name, and never parted by an image."""

import shutil
from itertools import pairwise

import pytest

from tests.bench.data.readers.pocus_tree import ALL, build, clips, groups, metadata, pocus


@pytest.fixture
def root(tmp_path):
    return build(tmp_path)


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


def test_patients_are_the_same_however_the_root_is_given(tmp_path, root):
    home = tmp_path / "clone" / "data"
    shutil.copytree(root / "pocus_videos", home / "pocus_videos")
    shutil.copytree(root / "pocus_images", home / "pocus_images")
    spaces = {pocus(p).group_space() for p in (home, home.parent, f"{home}/", home / ".." / "data")}
    assert len(spaces) == 1
    assert pocus(root).group_space() not in spaces
