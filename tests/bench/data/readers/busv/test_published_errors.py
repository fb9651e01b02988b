"""BUSV's published errors are corrected by a list, and what it did is told."""

import shutil

import pytest

from bench.cells.part import Part
from bench.data import ClipSettings
from bench.data.readers.busv import Busv
from plugins.errors import BenchError
from tests.bench.data.readers.busv import tree
from tests.bench.data.readers.busv.tree import busv, by_id, notes


def test_the_published_errors_are_corrected(published):
    as_published = by_id(busv(published, corrections="none").videos())
    records = by_id(busv(published).videos())
    assert as_published.keys() - records.keys() == {tree.TWINS[0]}
    changed = {id for id, r in records.items() if r.label != as_published[id].label}
    assert changed == {"benign/x63c9ba1377f35bf6", "benign/x5a1c46ec6377e946"}
    assert {records[id].label for id in tree.PATIENT} == {"malignant"}
    assert len({records[id].group for id in tree.PATIENT}) == 1
    others = [r for id, r in records.items() if id not in tree.PATIENT]
    assert all(r.group == r.id for r in others)
    assert all(r.fingerprint == as_published[id].fingerprint for id, r in records.items())


def test_what_was_corrected_is_noted(published):
    assert (
        "1 dropped, 2 relabelled, 4 grouped; 0 of its 7 entries speak of what this copy does not"
        in notes(busv(published))
    )
    assert "'busv-2026-1' (SHA-256 " in notes(busv(published))
    assert "are not corrected (corrections = 'none')" in notes(busv(published, corrections="none"))


def test_what_a_part_of_the_data_lacks_is_counted(root):
    for id in (*tree.TWINS, tree.PATIENT[0]):
        shutil.rmtree(root / "rawframes" / id)
    assert "0 dropped, 1 relabelled, 3 grouped; 3 of its 7 entries" in notes(busv(root))
    excluded = busv(root, exclude=(tree.PATIENT[1],))
    assert "0 dropped, 0 relabelled, 2 grouped; 3 of its 7 entries" in notes(excluded)


def test_corrections_are_part_of_a_cells_key(published):
    """What `Corrections` promises: ids, labels and groups are hashed, so the list is."""

    def fingerprint(ids, **parameters):
        reader = busv(published, **parameters)
        part = Part.whole(reader, "videos", ("benign", "malignant"), ClipSettings())
        return part.among(ids).fingerprint()

    relabelled, grouped = tree.PATIENT[:1], tree.PATIENT[3:]
    for ids in (relabelled, grouped):
        assert fingerprint(ids) != fingerprint(ids, corrections="none")
    assert fingerprint(tree.PLAIN) == fingerprint(tree.PLAIN, corrections="none")


def test_an_unknown_list_is_named():
    with pytest.raises(BenchError, match=r"corrections = 'busv-1999-1': .*'busv-2026-1' or 'none'"):
        Busv.configure({"corrections": "busv-1999-1"}, "experiment.toml")
