"""What is alike is brought into one group; images of contradicted class are left out and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.audit.twins import Kind, Twins
from bench.materials import Alike, Materials
from bench.relate import relate
from plugins.errors import DataError
from tests.bench.two_folders import IMAGES, VIDEOS, gathered, write_unlike


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Folders in which the first video and the first image are one patient's."""
    folder = tmp_path_factory.mktemp("named")
    groups = {VIDEOS[0]: "p1", IMAGES[0]: "p1"}
    return write_unlike(folder, groups)


def alike(left: str, right: str, kind: Kind = "copy") -> Twins:
    """Two records of the folders, by id."""
    order = [*VIDEOS, *IMAGES]
    return Twins(order.index(left), order.index(right), 3, 1, kind, correlation=0.98765)


def groups(materials: Materials) -> dict[str, str]:
    pairs = (zip(p.ids, p.groups, strict=True) for p in (materials.videos, materials.images))
    return dict(pair for part in pairs for pair in part)


def without_readers_notes(tables: dict[str, Any], materials: Materials) -> list[str]:
    return [note for note in materials.notes if note not in gathered(tables).notes]


def test_where_nothing_is_alike_nothing_changes(named) -> None:
    materials = gathered(named)
    assert relate(materials, []) == materials


def test_a_patient_named_in_both_folders_is_one_group(named) -> None:
    found = groups(relate(gathered(named), []))
    assert found[VIDEOS[0]] == found[IMAGES[0]] == "p1"
    assert len(set(found.values())) == len(VIDEOS) + len(IMAGES) - 1


def test_one_name_in_folders_without_a_table_is_two_patients(tmp_path: Path) -> None:
    tables = write_unlike(tmp_path)
    found = groups(relate(gathered(tables), []))
    assert found["benign/0"] == "benign/0"
    assert found["benign/0.png"] == "image benign/0"


def test_videos_that_are_alike_share_a_group_and_are_told(tables) -> None:
    twins = [alike("benign/1", "benign/3"), alike("benign/2", "malignant/0", "equal")]
    related = relate(gathered(tables), twins)
    found = groups(related)
    assert found["benign/1"] == found["benign/3"] == "benign/1"
    assert found["benign/2"] == found["malignant/0"] == "benign/2"
    assert len(set(related.videos.groups)) == len(VIDEOS) - 2
    assert related.alike == (
        Alike("benign/1", 3, "benign/3", 1, "the same frame, copied (correlation 0.988)"),
        Alike("benign/2", 3, "malignant/0", 1, "the very same frame"),
    )
    assert without_readers_notes(tables, related) == [
        "4 of 8 videos show nearly the same frame as another record and stay on its side of every "
        "split",
        "groups joined by nearly equal frames: benign/1 + benign/3, benign/2 + malignant/0",
        "videos of different classes show nearly the same frame: benign/2 and malignant/0",
    ]


def test_an_image_binds_the_videos_that_it_is_like(tables) -> None:
    twins = [alike("benign/1", "benign/2.png"), alike("benign/3", "benign/2.png")]
    related = relate(gathered(tables), twins)
    found = groups(related)
    assert found["benign/1"] == found["benign/3"] == found["benign/2.png"] == "benign/1"
    assert related.alike == (), "no two videos are alike themselves"
    assert related.images.ids == IMAGES
    tested = related.videos.among(["benign/3"])
    assert set(related.images_without(tested).ids) == set(IMAGES) - {"benign/2.png"}


def test_contradicted_images_are_left_out_with_all_that_they_are_like(tables) -> None:
    twins = [alike("benign/0.png", "benign/1.png"), alike("benign/1.png", "malignant/2.png")]
    related = relate(gathered(tables), twins)
    assert related.images.ids == ("benign/2.png", "malignant/0.png", "malignant/1.png")
    assert related.images.groups == ("image benign/2", "image malignant/0", "image malignant/1")
    assert (
        "3 of 6 images left out of synthesis, as nearly the same one carries another class: "
        "benign/0.png, benign/1.png, malignant/2.png"
    ) in related.notes
    assert related.videos.ids == VIDEOS


def test_an_image_like_a_video_of_another_class_is_left_out_and_the_video_is_not(tables) -> None:
    related = relate(gathered(tables), [alike("malignant/3", "benign/0.png")])
    assert related.images.ids == IMAGES[1:]
    assert related.videos.ids == VIDEOS


def test_contradicted_images_are_kept_where_that_is_asked_for(tables) -> None:
    twins = [alike("benign/0.png", "malignant/0.png")]
    kept = relate(gathered(tables, duplicates={"contradicted": "keep"}), twins)
    assert kept.images.ids == IMAGES
    assert groups(kept)["benign/0.png"] == groups(kept)["malignant/0.png"]
    assert (
        "2 of 6 images kept all the same, as nearly the same one carries another class: "
        "benign/0.png, malignant/0.png"
    ) in kept.notes


def test_where_every_image_is_contradicted_none_is_left(tables) -> None:
    twins = [alike(f"benign/{i}.png", f"malignant/{i}.png") for i in range(3)]
    told = r"all 6 images are left out .*: benign/0\.png, .* 1 more; .*contradicted = 'keep'"
    with pytest.raises(DataError, match=told):
        relate(gathered(tables), twins)
    kept = relate(gathered(tables, duplicates={"contradicted": "keep"}), twins)
    assert kept.images.ids == IMAGES


@pytest.mark.parametrize("kind", ["copy", "same view"])
def test_near_duplicates_that_are_ignored_are_told(tables, kind: Kind) -> None:
    twins = [
        alike("benign/0", "benign/1", "equal"),
        alike("benign/2", "malignant/1", kind),
        alike("malignant/0.png", "malignant/1.png", kind),
    ]
    related = relate(gathered(tables, duplicates={"near": "ignore"}), twins)
    found = groups(related)
    assert found["benign/0"] == found["benign/1"]
    assert found["benign/2"] != found["malignant/1"]
    assert [(one.first, one.second) for one in related.alike] == [("benign/0", "benign/1")]
    assert (
        "2 pairs of records show nearly the same frame and may stand on both sides of a split: "
        "duplicates.near = 'ignore'"
    ) in related.notes
    assert not any("may stand on both" in n for n in relate(gathered(tables), twins).notes)
