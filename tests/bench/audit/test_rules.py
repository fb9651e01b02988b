"""Every rule on a data set that breaks it, and on one that does not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.audit.audit import audit
from bench.audit.drawn import read_all_sides
from bench.audit.findings import RULES
from bench.data import Folder
from bench.data.readers.busi import Busi
from tests.bench.audit.surveys import audited, broken, looked, subsets
from tests.bench.data.conftest import write_image
from tests.bench.pictures import moving, texture, write_groups, write_pictures, write_videos


def folder(root: Path) -> Folder:
    return Folder(root=str(root))


def video_findings(tmp_path: Path, frames: np.ndarray, rule: str, span: int = 4) -> list[str]:
    """What a rule says of one video, a sound one beside it."""
    root = write_videos(tmp_path / "videos", {"a/this": frames, "b/sound": moving(99, 8)})
    found = broken(audited(tmp_path / "store", folder(root), span=span), rule)
    assert all(finding.records == ("a/this",) for finding in found)
    return [finding.message for finding in found]


def image_findings(tmp_path: Path, pixels: np.ndarray, rule: str) -> list[str]:
    """What a rule says of one image, a sound one beside it."""
    root = write_pictures(tmp_path / "images", {"a/this.png": pixels, "b/sound.png": texture(99)})
    found = broken(audited(tmp_path / "store", folder(root)), rule)
    assert all(finding.records == ("a/this.png",) for finding in found)
    return [finding.message for finding in found]


def test_sound_data_break_no_rule(tmp_path: Path) -> None:
    videos = write_videos(
        tmp_path / "videos", {f"{label}/{i}": moving(10 + i) for i, label in enumerate("aabb")}
    )
    images = write_pictures(
        tmp_path / "images", {f"{label}/{i}.png": texture(i) for i, label in enumerate("aabb")}
    )
    found = audited(tmp_path / "store", folder(videos), folder(images))
    assert found.findings == ()
    assert [(one.n, one.groups, one.families) for one in found.summaries] == [(4, 4, 4)] * 2


@pytest.mark.parametrize(("noise", "frozen"), [(0, True), (1, True), (60, False)])
def test_a_frozen_video_may_flicker_a_little(tmp_path: Path, noise: int, frozen: bool) -> None:
    random = np.random.default_rng(0)
    frames = np.repeat(texture(1)[None], 8, axis=0).astype(int)
    frames += random.integers(-noise, noise + 1, frames.shape)
    told = video_findings(tmp_path, np.clip(frames, 0, 255).astype(np.uint8), "frozen")
    assert len(told) == frozen
    assert not frozen or "a/this: 8 frames that differ by 0." in told[0]


@pytest.mark.parametrize(("order", "told"), [("00112", 1), ("001123", 0), ("01010", 0)])
def test_frames_that_repeat_the_one_before(tmp_path: Path, order: str, told: int) -> None:
    frames = moving(1, 8)[[int(t) for t in order]]
    assert len(video_findings(tmp_path, frames, "repeats")) == told


@pytest.mark.parametrize(("n", "told"), [(5, 1), (6, 0)])
def test_a_video_shorter_than_a_clip(tmp_path: Path, n: int, told: int) -> None:
    found = video_findings(tmp_path, moving(1, n), "short", span=6)
    assert found == ["a/this: 5 frames, a clip covers 6"] * told


def test_blank_frames_are_counted(tmp_path: Path) -> None:
    frames = moving(1)
    frames[[0, 3]] = 7
    assert video_findings(tmp_path, frames, "blank") == ["a/this: 2 of 6 frames"]


def test_blank_frames_are_alike_to_none(tmp_path: Path) -> None:
    root = write_pictures(
        tmp_path / "images", {f"{c}/{c}.png": np.full((40, 50), 9, np.uint8) for c in "ab"}
    )
    found = audited(tmp_path / "store", folder(root))
    assert {finding.rule for finding in found.findings} == {"blank"}


def test_letters_are_told_from_calipers(tmp_path: Path) -> None:
    plain = np.full((200, 300), 40, np.uint8)
    lettered = cv2.putText(plain.copy(), "LEFT BREAST", (20, 40), 0, 0.6, 230, 1)
    (told,) = image_findings(tmp_path / "lettered", lettered, "text")
    assert "shapes in rows" in told
    marked = plain.copy()
    for x, y in ((60, 60), (150, 90), (100, 150)):
        cv2.drawMarker(marked, (x, y), 230, cv2.MARKER_CROSS, 12, 1)
    assert image_findings(tmp_path / "marked", marked, "text") == []


def test_a_tint_is_colour_and_grey_stored_as_rgb_is_not(tmp_path: Path) -> None:
    rgb = np.repeat(texture(1)[..., None], 3, axis=2)
    assert image_findings(tmp_path / "grey", rgb, "colour") == []
    rgb[..., 2] = rgb[..., 2] // 2
    (told,) = image_findings(tmp_path / "tint", rgb, "colour")
    assert "channels differ by" in told


def test_classes_that_one_side_lacks(tmp_path: Path) -> None:
    videos = write_videos(tmp_path / "videos", {"a/1": moving(1), "b/2": moving(2)})
    images = write_pictures(
        tmp_path / "images", {"a/1.png": texture(3), "c/2.png": texture(4), "c/3.png": texture(5)}
    )
    found = broken(audited(tmp_path / "s", folder(videos), folder(images)), "lone class")
    assert [(one.records, one.message.partition(",")[0]) for one in found] == [
        (("b/2",), f"class b: 1 in folder:{videos} (videos)"),
        (("c/2.png", "c/3.png"), f"class c: 2 in folder:{images} (images)"),
    ]


def test_a_patient_of_two_classes(tmp_path: Path) -> None:
    root = write_videos(tmp_path / "v", {f"{c}/{c}": moving(i) for i, c in enumerate("abc")})
    write_groups(root, {"a/a": "p", "b/b": "p", "c/c": "q"})
    (found,) = broken(audited(tmp_path / "store", folder(root)), "mixed group")
    assert (found.records, found.message) == (("a/a", "b/b"), "group p: a 1, b 1")


@pytest.mark.parametrize(("patient", "told"), [("p", 1), ("z", 0)])
def test_images_that_share_a_patient_with_videos(tmp_path: Path, patient: str, told: int) -> None:
    videos = write_videos(tmp_path / "v", {"a/1": moving(1), "a/2": moving(2)})
    images = write_pictures(tmp_path / "i", {"a/1.png": texture(3), "a/2.png": texture(4)})
    write_groups(videos, {"a/1": "p", "a/2": "q"})
    write_groups(images, {"a/1.png": patient, "a/2.png": "y"})
    found = broken(audited(tmp_path / "store", folder(videos), folder(images)), "overlap")
    assert [one.records for one in found] == [("a/1", "a/1.png")] * told
    assert all("1 videos and 1 images" in one.message for one in found)


def test_an_image_that_is_a_crop_of_a_frame(tmp_path: Path) -> None:
    frames = moving(1, 20)
    videos = write_videos(tmp_path / "v", {"a/1": frames, "a/2": moving(2)})
    crop = frames[8, 10:90, 8:116]
    images = write_pictures(tmp_path / "i", {"a/1.png": crop, "a/2.png": texture(4)})
    found = audited(tmp_path / "store", folder(videos), folder(images))
    (copy,) = broken(found, "copy")
    assert copy.records == ("a/1", "a/1.png")
    assert copy.where == f"folder:{videos} (videos) and folder:{images} (images)"
    assert [one.records for one in broken(found, "overlap")] == [("a/1", "a/1.png")]
    assert broken(found, "contradiction") == []


@pytest.mark.parametrize(("label", "told"), [("a", 0), ("b", 1)])
def test_a_copy_of_another_class_is_a_contradiction(tmp_path: Path, label: str, told: int) -> None:
    first = texture(1)
    brighter = np.clip(first.astype(int) + 20, 0, 255).astype(np.uint8)
    root = write_pictures(
        tmp_path / "i", {"a/1.png": first, f"{label}/2.png": brighter, "b/3.png": texture(2)}
    )
    found = audited(tmp_path / "store", folder(root))
    assert len(broken(found, "copy")) == 1
    assert [one.records for one in broken(found, "contradiction")] == [
        ("a/1.png", f"{label}/2.png")
    ] * told


def test_equal_frames_of_two_videos(tmp_path: Path) -> None:
    first, second = moving(1), moving(2)
    second[4:6] = first[1:3]
    root = write_videos(tmp_path / "v", {"a/1": first, "a/2": second, "b/3": moving(3)})
    (found,) = broken(audited(tmp_path / "store", folder(root)), "equal")
    assert found.message == (
        "a/1 (frame 1) and a/2 (frame 4) show the very same frame (2 frames are equal)"
    )


def test_neighbouring_frames_of_one_sweep_are_the_same_view(tmp_path: Path) -> None:
    sweep = np.stack([texture(1, 160, 300)[:, t : t + 200] for t in range(4)])
    noise = np.random.default_rng(5).normal(0, 30, sweep.shape)
    noisy = np.clip(sweep + noise, 0, 255).astype(np.uint8)
    root = write_videos(tmp_path / "v", {"a/1": noisy[:2], "a/2": noisy[2:], "b/3": moving(3)})
    found = audited(tmp_path / "store", folder(root))
    near = broken(found, "same view") + broken(found, "copy")
    assert [one.records for one in near] == [("a/1", "a/2")]
    assert broken(found, "equal") == []


@pytest.mark.parametrize(("size", "told"), [((40, 60), 0), ((40, 59), 1)])
def test_a_mask_of_another_size(tmp_path: Path, size: tuple[int, int], told: int) -> None:
    home = tmp_path / "Dataset_BUSI_with_GT"
    for i, label in enumerate(("benign", "malignant")):
        write_image(home / label / f"{label} (1).png", texture(i, 40, 60))
    mask = np.zeros(size, np.uint8)
    mask[10:20, 10:30] = 255
    write_image(home / "benign" / "benign (1)_mask.png", mask)
    found = broken(audited(tmp_path / "store", Busi(root=str(home))), "region")
    assert [one.records for one in found] == [("benign/benign (1).png",)] * told
    assert all("is 59x40" in one.message and "_mask.png" in one.message for one in found)


def sides(tmp_path: Path, table: str) -> list[str]:
    """The leaks of a table of sides: videos 1 and 2 share a frame, 3 and 4 a patient."""
    videos = {f"{'ab'[i % 2]}/{i}": moving(i) for i in range(1, 7)}
    videos["a/2"][0] = videos["b/1"][3]
    root = write_videos(tmp_path / "v", videos)
    groups = {id: id for id in videos} | {"b/3": "p", "a/4": "p"}
    write_groups(root, groups)
    path = tmp_path / "sides.csv"
    path.write_text(table)
    survey = looked(tmp_path / "store", folder(root))
    found = audit(survey, 4, list(read_all_sides(survey, 0, [path])))
    assert len(found.sides) == 1
    assert all(one.where == str(path) for one in broken(found, "leak"))
    return [finding.message for finding in broken(found, "leak")]


WHOLE = "id,side\nb/1,train\na/2,train\nb/3,test\na/4,test\nb/5,train\na/6,test\n"


def test_a_split_that_does_not_leak(tmp_path: Path) -> None:
    assert sides(tmp_path, WHOLE) == []


def test_a_shared_frame_leaks(tmp_path: Path) -> None:
    found = sides(tmp_path, WHOLE.replace("a/2,train", "a/2,test"))
    assert len(found) == 2
    assert "a/2 (frame 0) and b/1 (frame 3) show the very same frame" in found[0]
    assert "b/1 (train) and a/2 (test) are of one group" in found[1]


def test_a_shared_patient_leaks(tmp_path: Path) -> None:
    (found,) = sides(tmp_path, WHOLE.replace("a/4,test", "a/4,train"))
    assert found == "a/4 (train) and b/3 (test) are of one group, p"


def test_a_table_that_is_no_split_is_told(tmp_path: Path) -> None:
    (found,) = sides(tmp_path, WHOLE.replace("b/1,train\n", ""))
    assert "is no split" in found
    assert "b/1" in found


def test_every_rule_is_explained() -> None:
    for name, rule in RULES.items():
        assert rule.what, name
        assert rule.run, name
    assert {name for name, rule in RULES.items() if rule.fatal} == {"unreadable", "leak"}


def test_faults_of_the_listing_are_unreadable(tmp_path: Path) -> None:
    root = write_pictures(tmp_path / "i", {"a/1.png": texture(1), "b/2.png": texture(2)})
    (root / "a" / "3.png").write_bytes((root / "a" / "1.png").read_bytes()[:200])
    found = audited(tmp_path / "store", folder(root))
    (finding,) = broken(found, "unreadable")
    assert finding.records == ("a/3.png",)
    assert str(root / "a" / "3.png") in finding.message
    assert [(one.n, one.unreadable) for one in found.summaries] == [(2, 1)]
    assert len(subsets(folder(root))[0].records) == 3
