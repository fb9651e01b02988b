"""Cells are shared where they can be, and keys hold what decides a result, no more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.experiment import load_experiment
from bench.materials import Alike, Materials, gather
from bench.matrix import Matrix, Point, expand
from bench.prepare import prepare
from bench.store import Store
from plugins.discovery import discover
from plugins.errors import BenchError, DataError


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """One for all tests, so that the simulated videos are decoded once."""
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture
def matrix(tiny: Path, store: Store):
    catalogue = discover()

    def make(**overrides: Any) -> Matrix:
        dotted = {key.replace("__", "."): value for key, value in overrides.items()}
        experiment = load_experiment(tiny, dotted)
        return expand(prepare(gather(experiment, catalogue), store))

    return make


def keys(matrix: Matrix, kind: str) -> set[str]:
    return {key for key, cell in matrix.cells.items() if cell.kind == kind}


def of(matrix: Matrix, **place: Any) -> set[str]:
    return {
        key
        for point, key in matrix.points.items()
        if all(getattr(point, name) == value for name, value in place.items())
    }


def test_the_grid_is_whole_and_in_order(matrix) -> None:
    whole = matrix()
    quality = [p for p in whole.points if p.table == "quality"]
    classification = [p for p in whole.points if p.table == "classification"]
    assert len(quality) == 2 * 2
    assert len(classification) == 2 * (1 + 2 + 2)
    seen: set[str] = set()
    for key, cell in whole.cells.items():
        assert {needed.key for needed in cell.reads} <= seen
        seen.add(key)


def test_real_training_is_done_once_for_all_generators(matrix) -> None:
    assert len(keys(matrix(), "train")) == 1 + 2 + 2
    assert of(matrix(), protocol="real") == of(matrix(generators=["still"]), protocol="real")


def test_controls_are_synthesized_from_images_once_for_all_splits(matrix) -> None:
    whole = matrix(ratios=["7:3", "5:5"])
    synthesized = [c for c in whole.cells.values() if c.kind == "synthesize"]
    from_images = [c for c in synthesized if c.source.which == "images"]
    assert len(from_images) == 2
    assert len(synthesized) == 2 + 2 * 2


def test_order_of_names_does_not_matter(matrix) -> None:
    turned = matrix(generators=["jitter", "still"], metrics=["f1", "accuracy", "psnr"])
    assert set(turned.cells) <= set(matrix().cells)


def test_each_seed_reaches_its_own_cells_only(matrix) -> None:
    base = matrix(seeds__split=1, seeds__sample=1, seeds__train=1)
    other_train = matrix(seeds__split=1, seeds__sample=1, seeds__train=2)
    assert keys(base, "synthesize") == keys(other_train, "synthesize")
    assert not keys(base, "train") & keys(other_train, "train")
    other_sample = matrix(seeds__split=1, seeds__sample=2, seeds__train=1)
    assert not keys(base, "synthesize") & keys(other_sample, "synthesize")
    assert of(base, protocol="real") == of(other_sample, protocol="real")
    assert not of(base, protocol="mixed") & of(other_sample, protocol="mixed")


def test_replicates_and_ratios_have_their_own_splits(matrix) -> None:
    whole = matrix(replicates=[0, 1], ratios=["7:3", "5:5"])
    assert len({split.fingerprint for split in whole.splits.values()}) == 4
    for split in whole.splits.values():
        groups = split.groups
        assert not {groups[i] for i in split.train} & {groups[i] for i in split.test}


def test_parameters_data_and_clips_reach_the_keys(matrix) -> None:
    base = matrix()
    steps = matrix(classifier__c3d__parameters__steps=4)
    assert not keys(base, "train") & keys(steps, "train")
    assert keys(base, "synthesize") == keys(steps, "synthesize")
    for change in ({"clip__size": 40}, {"videos__parameters__seed": 5}):
        changed = matrix(**change)
        assert not keys(base, "evaluate") & keys(changed, "evaluate")


def test_a_point_of_every_replicate_has_its_key(matrix) -> None:
    whole = matrix(replicates=[3])
    point = Point("classification", "5:5", 3, "f1", "still", "c3d", "mixed")
    assert whole.cells[whole.points[point]].plugin_name == "f1"


def test_variants_of_one_plugin_stand_side_by_side(matrix) -> None:
    whole = matrix(
        generators=["jitter", "wild"],
        generator={"wild": {"plugin": "jitter", "parameters": {"translation": 0.3}}},
    )
    assert len(keys(whole, "synthesize")) == 4


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"generators": ["stil"]}, r"generators: no generator 'stil'.*'still'"),
        ({"metrics": ["psrn"]}, r"metrics: no metric 'psrn'.*'psnr'"),
        ({"videos__spec": "fantom"}, r"videos.spec = fantom: no dataset 'fantom'.*'phantom'"),
        ({"videos": {"spec": "folder"}}, r"write folder:FOLDER"),
        ({"videos": {"spec": "folder:/no/such"}}, r"/no/such"),
        ({"videos__parameters": {"n_video": 3}}, r"no parameter 'n_video'.*'n_videos'"),
        ({"classifier__c3d__parameters__lr": -1}, r"classifier.c3d.parameters.*lr = -1"),
        ({"ratios": ["7-3"]}, r"'ratios.0' = '7-3'"),
        ({"videos__parameters": {"n_videos": 2}}, r"class"),
    ],
)
def test_mistakes_are_named(matrix, overrides: dict[str, Any], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        matrix(**overrides)


def test_an_oracle_is_refused_on_real_data(matrix, tmp_path: Path) -> None:
    import cv2
    import numpy as np

    for name in ("benign", "malignant"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for i in range(2):
            image = np.random.default_rng(i + 10 * (name == "benign")).integers(0, 255, (40, 40))
            cv2.imwrite(str(tmp_path / "data" / name / f"{i}.png"), image.astype(np.uint8))
    with pytest.raises(BenchError, match=r"'oracle' does not apply: the images come from 'folder'"):
        matrix(
            generators=["oracle"],
            images={"spec": f"folder:{tmp_path / 'data'}"},
            videos__parameters={"n_videos": 12},
        )


def test_one_video_under_two_names_may_not_stand_on_both_sides(matrix) -> None:
    whole = matrix()
    made = whole.splits["5:5", 0]
    train, test = made.train[0], made.test[0]
    whole.materials.refuse_leak(made, "a.json")

    def alike(first: str, second: str) -> Materials:
        found = (Alike(first, 3, second, 0, "the very same frame"),)
        return replace(whole.materials, alike=found)

    alike(train, made.train[1]).refuse_leak(made, "a.json")
    alike(test, made.test[1]).refuse_leak(made, "a.json")
    for first, second in ((train, test), (test, train)):
        told = rf"a\.json: {first} \(frame 3\) and {second} \(frame 0\) show the very same frame"
        with pytest.raises(DataError, match=told):
            alike(first, second).refuse_leak(made, "a.json")


def test_stills_of_test_patients_are_not_synthesized_from(matrix) -> None:
    """The same folder as videos and stills: a test patient's images are left out."""
    whole = matrix()
    materials = whole.materials
    assert whole.images["5:5", 0] == materials.images
    shared = replace(materials, images=materials.videos)
    test = materials.videos.among(whole.splits["5:5", 0].test)
    left = shared.images_without(test)
    assert set(left.ids) == set(whole.splits["5:5", 0].train)
    with pytest.raises(DataError, match="all 12 images show patients of the test videos"):
        shared.images_without(materials.videos)


def _patients(root: Path, kind: str, patients: dict[str, str], first: int) -> None:
    """One small file per id in a folder of its class, and who its patient is.

    Of two files, the pixels are the same where their numbers, from the first on, are.
    """
    import cv2
    import numpy as np

    for n, (id, _) in enumerate(patients.items(), first):
        frames = np.random.default_rng(n).integers(0, 255, (4, 40, 40), dtype=np.uint8)
        path = root / kind / id
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "images":
            cv2.imwrite(f"{path}.png", frames[0])
        else:
            path.mkdir()
            for t, frame in enumerate(frames):
                cv2.imwrite(f"{path}/{t}.png", frame)
    suffix = ".png" if kind == "images" else ""
    rows = "".join(f"{id}{suffix},{patient}\n" for id, patient in patients.items())
    (root / kind / "groups.csv").write_text("id,group\n" + rows)


def _two_folders(root: Path, *, frames_of_videos: bool = False) -> dict[str, Any]:
    named = {f"{c}/{i}": f"p{c}{i}" for c in ("benign", "malignant") for i in range(4)}
    others = {"benign/9": "other", "malignant/9": "another"}
    _patients(root, "videos", named, first=0)
    _patients(root, "images", named | others, first=0 if frames_of_videos else 100)
    return {
        "videos": {"spec": f"folder:{root}/videos"},
        "images": {"spec": f"folder:{root}/images"},
        "clip": {"frames": 4, "span": 4, "size": 32},
    }


def test_stills_of_test_patients_are_left_out_between_two_folders(matrix, tmp_path: Path) -> None:
    whole = matrix(**_two_folders(tmp_path))
    split = whole.splits["5:5", 0]
    used = {r.group for r in whole.images["5:5", 0].records()}
    assert {split.groups[i] for i in split.train} | {"other", "another"} == used
    assert not any("no patient names are shared" in note for note in whole.materials.notes)


def test_it_is_noted_where_patients_cannot_be_compared(matrix, tmp_path: Path) -> None:
    overrides = _two_folders(tmp_path)
    (tmp_path / "images" / "groups.csv").unlink()
    whole = matrix(**overrides)
    assert any("no patient names are shared" in note for note in whole.materials.notes)
    assert len(whole.images["5:5", 0].ids) == 10


def test_without_names_a_frame_tells_the_patient(matrix, tmp_path: Path) -> None:
    """Images that are frames of test videos are left out, though nothing names their patients."""
    overrides = _two_folders(tmp_path, frames_of_videos=True)
    (tmp_path / "images" / "groups.csv").unlink()
    whole = matrix(**overrides)
    trained = {f"{id}.png" for id in whole.splits["5:5", 0].train}
    assert set(whole.images["5:5", 0].ids) == trained | {"benign/9.png", "malignant/9.png"}


@pytest.mark.parametrize("prior", ["balanced", "real"])
def test_a_prior_that_no_image_can_meet_is_refused(matrix, tmp_path: Path, prior: str) -> None:
    overrides = _two_folders(tmp_path) | {"synthesis": {"prior": prior}}
    for path in (tmp_path / "images" / "malignant").iterdir():
        path.unlink()
    (tmp_path / "images" / "malignant").rmdir()
    with pytest.raises(BenchError, match=rf"no image of class malignant.*prior = '{prior}'"):
        matrix(**overrides)
    overrides["synthesis"] = {"prior": "source"}
    assert matrix(**overrides).images["5:5", 0].per_class()["malignant"] == 0
