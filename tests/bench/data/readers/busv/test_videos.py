"""The BUSV reader: which videos there are, whose, and where the copy may lie."""

import hashlib
import shutil
from collections import Counter

import numpy as np
import pytest

from plugins.errors import DataError
from tests.bench.data.readers.busv import tree
from tests.bench.data.readers.busv.tree import busv, by_id, notes


def test_videos_are_folders_of_frames(published):
    records = by_id(busv(published, corrections="none").videos())
    assert set(records) == set(tree.LENGTHS)
    assert Counter(r.label for r in records.values()) == {"benign": 6, "malignant": 6}
    assert all(r.label == id.split("/")[0] for id, r in records.items())
    for id, record in records.items():
        assert record.group == id
        assert record.length_hint() == tree.LENGTHS[id]
    assert records[tree.SHORT].frames().shape == (3, tree.HEIGHT, tree.WIDTH, 1)
    assert len(list(records[tree.PLAIN[0]].stream())) == 6
    assert busv(published).holds() == ("videos",)


def test_the_planted_errors_are_there(published):
    """The copy has what the published data have, so that the tests below mean something."""
    records = by_id(busv(published, corrections="none").videos())
    first, second = (records[id] for id in tree.TWINS)
    assert first.fingerprint == second.fingerprint
    assert first.label != second.label
    digests = [
        {hashlib.md5(path.read_bytes()).digest() for path in records[id].path.iterdir()}
        for id in tree.SHARING
    ]
    assert [len(d) for d in digests] == [6, 6]
    assert len(digests[0] & digests[1]) == 3
    others = [r for id, r in records.items() if id != tree.TWINS[0]]
    assert len({r.fingerprint for r in others}) == len(others)
    still = np.stack([r.frames()[0, ..., 0].astype(float).ravel() for r in others])
    correlation = np.corrcoef(still) - np.eye(len(others))
    assert correlation.max() < 0.9


@pytest.mark.parametrize("place", [".", "rawframes", ".."])
def test_the_root_may_be_the_frames_or_the_folder_above(published, place):
    found = busv(published / place)
    direct = busv(published).videos()
    assert [(r.id, r.region()) for r in found.videos()] == [(r.id, r.region()) for r in direct]


def test_two_copies_are_too_many(root):
    shutil.copytree(root, root.parent / "again")
    with pytest.raises(DataError, match="holds 2 copies of the data: BUSV/rawframes, again/"):
        busv(root.parent).videos()


def test_videos_of_one_name_in_both_classes_keep_their_ids(root):
    id = tree.PLAIN[1]
    shutil.copytree(root / "rawframes" / id, root / "rawframes" / id.replace("malignant", "benign"))
    same = [r.id for r in busv(root).videos() if r.id.endswith(id.split("/")[1])]
    assert same == [id.replace("malignant", "benign"), id]


def test_groups_come_from_the_table(root):
    ids = [r.id for r in busv(root).videos()]
    rows = [f"{id},p{0 if id in tree.SHARING else i + 1}" for i, id in enumerate(ids)]
    (root / "groups.csv").write_text("\n".join(["id,group", *rows]), "utf-8")
    records = by_id(busv(root).videos())
    assert {records[id].group for id in tree.SHARING} == {"p0"}
    # The list joins what the table parts: one patient stays on one side.
    assert len({records[id].group for id in tree.PATIENT}) == 1
    assert len({r.group for r in records.values()}) == len(ids) - 4
    assert "no patient ids" not in notes(busv(root))
    assert busv(root).group_space() == "groups.csv"
    (root / "groups.csv").write_text("\n".join(["id,group", *rows[1:]]), "utf-8")
    with pytest.raises(DataError, match=r"groups\.csv: lacks 1 of 11 ids: benign/"):
        busv(root).videos()


def test_without_a_table_patients_are_unknown(published):
    assert "no patient ids, and no groups.csv" in notes(busv(published))
    assert busv(published).group_space() == ""


def test_there_are_no_images(published):
    with pytest.raises(DataError, match="BUSV holds videos only"):
        busv(published).images()
