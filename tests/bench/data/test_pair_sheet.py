"""Sheets of pairs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.pair_sheet import PairRow, pair_sheet
from plugins.errors import DataError
from plugins.pair import Pair
from tests.bench.data.conftest import moving_square

RED = (208, 40, 40)
HEADING, ROW, CLIP = 15 + 8, 18 + 96 + 4, 6 * (128 + 4) + 4


def row(ratio: float, id: str = "a") -> PairRow:
    pair = Pair(id=id, sample=0, training="b", ratio=ratio, unseen=0.5)
    video = moving_square(11, 48, 64)
    return PairRow(pair, video, video[::-1].copy())


def drawn(path: Path, *rows: PairRow) -> np.ndarray:
    pair_sheet(rows, path)
    with Image.open(path) as image:
        return np.asarray(image)


def test_six_frames_of_both_stand_side_by_side(tmp_path: Path) -> None:
    sheet = drawn(tmp_path / "a" / "sheet.png", row(0.1), row(0.7))
    assert sheet.shape == (HEADING + 2 * ROW + 4, 2 * (CLIP + 8), 3)
    top = HEADING + 18
    for left, times in ((8 + 4, range(0, 11, 2)), (2 * 8 + CLIP + 4, range(10, -1, -2))):
        for column, t in enumerate(times):
            at = left + column * 132
            tile = sheet[top : top + 96 : 2, at : at + 128 : 2]
            assert np.array_equal(tile, moving_square(11, 48, 64)[t])


def test_only_suspected_copies_are_marked(tmp_path: Path) -> None:
    sheet = drawn(tmp_path / "sheet.png", row(0.1), row(0.5), row(0.7))
    bars = [sheet[HEADING + i * ROW + 40, [3, 8 + CLIP + 3]] for i in range(3)]
    assert [bool((bar == RED).all()) for bar in bars] == [True, False, False]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pair_sheet([row(0.1, "très long\n" * 40)], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_cannot_be_drawn_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="without pairs"):
        pair_sheet([], tmp_path / "a.png")
    flat = row(0.1)._replace(learned=np.zeros((3, 8, 8)))
    with pytest.raises(DataError, match="'training: b': a clip has four axes"):
        pair_sheet([flat], tmp_path / "a.png")
