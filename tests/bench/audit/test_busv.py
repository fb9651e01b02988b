"""The errors of the published BUSV, in a small copy: each is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.audit.audit import Audit
from bench.data.readers.busv import Busv
from tests.bench.audit.surveys import audited, broken
from tests.bench.data.readers.busv.tree import (
    LENGTHS,
    NEGATIVE,
    PATIENT,
    SHARING,
    SHORT,
    TWINS,
    build,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("busv")
    build(folder)
    return folder


def audit_of(root: Path, tmp_path: Path, corrections: str) -> Audit:
    return audited(tmp_path, Busv(root=str(root), corrections=corrections), span=4)


def pairs(found: Audit, rule: str) -> dict[tuple[str, ...], str]:
    return {finding.records: finding.message for finding in broken(found, rule)}


def test_as_published(root: Path, tmp_path: Path) -> None:
    found = audit_of(root, tmp_path, "none")
    equal = pairs(found, "equal")
    assert equal.keys() == {TWINS, SHARING}
    assert f"({LENGTHS[TWINS[0]]} frames are equal)" in equal[TWINS]
    assert f"{SHARING[0]} (frame 1) and {SHARING[1]} (frame 3)" in equal[SHARING]
    assert "(3 frames are equal)" in equal[SHARING]
    contradictions = pairs(found, "contradiction")
    assert contradictions.keys() == {TWINS, SHARING}
    assert all(text.endswith("and are benign and malignant") for text in contradictions.values())
    assert pairs(found, "short").keys() == {(SHORT,)}
    (summary,) = found.summaries
    assert (summary.n, summary.groups, summary.families) == (12, 12, 10)
    n = sum(LENGTHS.values())
    assert any(NEGATIVE in note and f"1 of {n} boxes are left out" in note for note in found.notes)
    assert any("not corrected" in note for note in found.notes)


def test_as_corrected(root: Path, tmp_path: Path) -> None:
    found = audit_of(root, tmp_path, "busv-2026-1")
    assert pairs(found, "equal").keys() == {SHARING}
    assert pairs(found, "contradiction").keys() == {SHARING}
    assert pairs(found, "mixed group") == {}
    (summary,) = found.summaries
    assert summary.n == 11
    assert summary.classes["malignant"] == len([id for id in LENGTHS if "malignant" in id]) + 2
    assert (summary.groups, summary.families) == (11 - len(PATIENT) + 1, 7)
    assert any("1 dropped, 2 relabelled, 4 grouped" in note for note in found.notes)
