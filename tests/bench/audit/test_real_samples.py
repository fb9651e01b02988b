"""What the audit finds in real ultrasound."""

from __future__ import annotations

import csv
from itertools import combinations
from pathlib import Path

import pytest

from bench.data.readers.busi import Busi
from bench.data.readers.pocus import Pocus
from tests.bench.audit.surveys import audited, broken, looked

NEAR = "northumbria_0409_set3_vid1"
"""Of the class pneumonia and of healthy, they share nearly the same frame."""
EVERYTHING = {
    "classes": ("healthy", "pneumonia", "covid", "viral"),
    "probes": ("convex", "linear"),
}


@pytest.fixture
def busi(sample_data: Path, tmp_path: Path) -> Path:
    """BUSI's images without the table of their duplicates."""
    home = tmp_path / "Dataset_BUSI_with_GT"
    home.mkdir()
    for folder in (sample_data / "busi" / "Dataset_BUSI_with_GT").iterdir():
        if folder.is_dir():
            (home / folder.name).symlink_to(folder)
    return tmp_path


def duplicates(path: Path) -> set[frozenset[str]]:
    """The pairs of a table of duplicates, by image name."""
    groups: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            groups.setdefault(row["duplicate_group"], []).append(row["image"])
    return {frozenset(pair) for own in groups.values() for pair in combinations(own, 2)}


def test_busi_has_the_duplicates_of_its_table(
    sample_data: Path, busi: Path, tmp_path: Path
) -> None:
    found = audited(tmp_path / "store", Busi(root=str(busi), normal=True))
    near = [one for rule in ("equal", "copy", "same view") for one in broken(found, rule)]
    pairs = {frozenset(id.rpartition("/")[2] for id in one.records) for one in near}
    expected = duplicates(sample_data / "busi" / "groups.csv")
    assert pairs == expected
    assert len(expected) == 9
    (summary,) = found.summaries
    assert (summary.n, summary.groups, summary.families) == (78, 78, 70)


def test_busi_contradicts_itself(busi: Path, tmp_path: Path) -> None:
    survey = looked(tmp_path / "store", Busi(root=str(busi)))
    ids = {survey.members[i].record.id for i in survey.families.contradicted}
    assert ids == {
        "benign/benign (42).png",
        "benign/benign (131).png",
        "malignant/malignant (51).png",
    }


def without(root: Path, *kept: str) -> tuple[str, ...]:
    """Patterns that leave out all videos but some."""
    names = {record.id.rpartition("/")[2] for record in Pocus(root=str(root)).videos()}
    return tuple(f"*{name}" for name in sorted(names) if not any(part in name for part in kept))


def check_pocus(found: list, n: int) -> None:
    pairs = {tuple(sorted(id.rpartition("/")[2] for id in one.records)) for one in found}
    assert (f"Pneu_{NEAR}.avi", f"Reg_{NEAR}.avi") in pairs
    assert len(pairs) == n


def test_lung_videos_of_two_classes_share_a_view(sample_data: Path, tmp_path: Path) -> None:
    root = sample_data / "pocus"
    pocus = Pocus(root=str(root), exclude=without(root, "0409_set3", "case3_clip"))
    found = audited(tmp_path / "store", pocus)
    check_pocus(broken(found, "contradiction"), 1)
    told = {one.message for one in broken(found, "mixed group")}
    assert "group p7: healthy 2, pneumonia 3" in told


@pytest.mark.slow
def test_all_lung_videos(sample_data: Path, tmp_path: Path) -> None:
    found = audited(tmp_path / "store", Pocus(root=str(sample_data / "pocus"), **EVERYTHING))
    check_pocus(broken(found, "contradiction"), 1)
    near = [one for rule in ("equal", "copy", "same view") for one in broken(found, rule)]
    check_pocus(near, 4)
    assert any(one.message.startswith("group p7: ") for one in broken(found, "mixed group"))
    assert broken(found, "unreadable") == []
