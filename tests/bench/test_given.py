"""Splits given by files: their ratios count, and each replicate has its own or the only one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.data import Split, split
from bench.given import give_splits
from bench.materials import Alike, Materials
from plugins.errors import BenchError, DataError
from tests.bench.two_folders import VIDEOS, gathered


def manifest(tables: dict[str, Any], folder: Path, ratio: str, seed: int) -> Path:
    path = folder / f"{ratio.replace(':', '-')}-{seed}.json"
    split(gathered(tables).subjects(), ratio, seed).save(path)
    return path


def table(folder: Path, test: tuple[str, ...], name: str) -> Path:
    rows = "".join(f"{id},{'test' if id in test else 'train'}\n" for id in VIDEOS)
    (folder / name).write_text("id,side\n" + rows)
    return folder / name


def given(tables: dict[str, Any], *files: Path, **changed: Any) -> Materials:
    changed["splits"] = [str(path) for path in files]
    return give_splits(gathered(tables, **changed))


def test_without_files_splits_are_drawn(tables) -> None:
    materials = gathered(tables)
    assert give_splits(materials) is materials
    assert materials.split("5:5", 0, 3) == split(materials.subjects(), "5:5", 3)


def test_files_take_the_place_of_ratios(tables, tmp_path: Path) -> None:
    files = [manifest(tables, tmp_path, ratio, 7) for ratio in ("7:3", "3:7")]
    materials = given(tables, *files, ratios=["9:1"])
    assert materials.experiment.ratios == ("7:3", "3:7")
    for path, ratio in zip(files, ("7:3", "3:7"), strict=True):
        assert materials.split(ratio, 0, 1) == Split.read(path)
    assert "splits made elsewhere: 7-3-7.json, 3-7-7.json" in materials.notes


def test_one_file_serves_every_replicate_and_several_serve_one_each(tables, tmp_path: Path) -> None:
    many = [manifest(tables, tmp_path, "5:5", seed) for seed in (5, 6, 7)]
    one = manifest(tables, tmp_path, "7:3", 8)
    materials = given(tables, many[0], one, *many[1:], replicates=[4, 0, 9])
    assert materials.experiment.ratios == ("5:5", "7:3")
    assert [materials.split("5:5", r, 1).seed for r in (4, 0, 9)] == [5, 6, 7]
    assert [materials.split("7:3", r, 1).seed for r in (4, 0, 9)] == [8, 8, 8]


@pytest.mark.parametrize(("n_files", "replicates"), [(2, [0]), (2, [0, 1, 2]), (3, [0, 1])])
def test_a_wrong_number_of_files_is_refused(
    tables, tmp_path: Path, n_files: int, replicates: list[int]
) -> None:
    files = [manifest(tables, tmp_path, "5:5", seed) for seed in range(n_files)]
    told = rf"splits: {n_files} files of ratio 5:5 for {len(replicates)} replicates; give one, or"
    with pytest.raises(BenchError, match=told):
        given(tables, *files, replicates=replicates)


def test_a_table_is_named_by_its_sizes(tables, tmp_path: Path) -> None:
    path = table(tmp_path, ("benign/0", "malignant/2"), "a.csv")
    materials = given(tables, path)
    assert materials.experiment.ratios == ("75:25",)
    made = materials.split("75:25", 0, 1)
    assert made.test == ("benign/0", "malignant/2")
    assert made.seed is None


def test_a_file_in_the_home_folder(tables, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    table(tmp_path, ("benign/0", "malignant/2"), "a.csv")
    assert given(tables, Path("~/a.csv")).experiment.ratios == ("75:25",)


def test_a_leak_is_told_by_the_frames_before_the_groups(tables, tmp_path: Path) -> None:
    path = table(tmp_path, ("benign/0", "malignant/2"), "a.csv")
    materials = gathered(tables, splits=[str(path)])
    joined = ["one" if id in ("benign/0", "benign/3") else id for id in VIDEOS]
    torn = replace(materials, videos=replace(materials.videos, groups=tuple(joined)))
    told = r"a\.csv: 'benign/3' \(train\) and 'benign/0' \(test\) are of one grou"
    with pytest.raises(DataError, match=told):
        give_splits(torn)
    shown = (Alike("benign/0", 2, "benign/3", 5, "the very same frame"),)
    told = r"a\.csv: benign/0 \(frame 2\) and benign/3 \(frame 5\) show the very same frame, one is"
    with pytest.raises(DataError, match=told):
        give_splits(replace(torn, alike=shown))


@pytest.mark.parametrize("name", ["none.csv", "none.json"])
def test_a_file_that_is_not_there_is_named(tables, tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=rf"none\.{name[5:]}: .*[Nn]o such file"):
        given(tables, tmp_path / name)


def test_no_file_may_be_named_twice(tables, tmp_path: Path) -> None:
    path = manifest(tables, tmp_path, "5:5", 0)
    with pytest.raises(BenchError, match=r"splits names .* twice"):
        given(tables, path, path, replicates=[0, 1])
