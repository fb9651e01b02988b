"""The phantom's records: seeds, classes, groups, frames and parameters."""

import numpy as np
import pytest

from bench.data.phantom.case import Case
from bench.data.phantom.scanner import Scanner
from plugins.errors import BenchError
from tests.bench.data.phantom.small_phantom import phantom, population


def test_same_parameters_give_the_same_bytes():
    first, again, other = (phantom(n_frames=4, seed=seed) for seed in (0, 0, 1))
    for a, b, c in zip(first.videos(), again.videos(), other.videos(), strict=True):
        assert a.frames().tobytes() == b.frames().tobytes()
        assert a.frames().tobytes() != c.frames().tobytes()
        assert a.fingerprint == b.fingerprint != c.fingerprint


def test_a_record_does_not_depend_on_how_many_there_are():
    small, large = phantom(), phantom(n_videos=25, n_images=30)
    for few, many in ((small.videos(), large.videos()), (small.images(), large.images())):
        for a, b in zip(few, many, strict=False):
            assert (a.id, a.group, a.label) == (b.id, b.group, b.label)
            assert a.fingerprint == b.fingerprint
        assert np.array_equal(few[-1].frames(), many[len(few) - 1].frames())


def test_ids_and_fingerprints_are_unique():
    records = [*phantom(n_videos=40).videos(), *phantom(n_images=40).images()]
    assert len({record.id for record in records}) == 80
    assert len({record.fingerprint for record in records}) == 80


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_class_balance(seed):
    data = phantom(n_videos=400, n_images=300, seed=seed)
    shares = [
        np.mean([record.label == "malignant" for record in records])
        for records in (data.videos(), data.images())
    ]
    assert shares == pytest.approx([0.6, 0.33], abs=0.04)
    few = phantom(n_videos=10, pair_share=0.0, seed=seed).videos()
    assert sum(record.label == "malignant" for record in few) == 6


def test_groups():
    videos, images = phantom(n_videos=400).videos(), phantom(n_images=50).images()
    groups = {record.group for record in videos}
    pairs = len(videos) - len(groups)
    assert pairs / len(groups) == pytest.approx(0.2, abs=0.06)
    assert len({record.group for record in images}) == 50
    assert not groups & {record.group for record in images}


def test_two_views_of_a_patient_share_the_lesion_but_not_the_image():
    one, two = (Case(population(), 3, view, size=32) for view in (0, 1))
    assert (one.malignant, one.look, one.motion) == (two.malignant, two.look, two.motion)
    assert one.scene.lesion.radii == two.scene.lesion.radii
    assert not np.array_equal(one.clip(1, 0), two.clip(1, 0))


@pytest.mark.parametrize("size", [32, 64, 128])
def test_frames(size):
    data = phantom(size=size, n_frames=5)
    video, still = data.videos()[0].frames(), data.images()[0].frames()
    assert video.shape == (5, size, size, 1)
    assert still.shape == (1, size, size, 1)
    assert video.dtype == still.dtype == np.uint8
    for frame in (*video, *still):
        assert 40 < frame.mean() < 150
        assert frame.std() > 25


def test_the_stills_come_from_another_scanner():
    same, shifted = (phantom(scanner_shift=shift).images()[0] for shift in (0.0, 1.0))
    assert same.case.population.scanner == Scanner()
    assert abs(same.frames().mean() - shifted.frames().mean()) > 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": 8},
        {"n_videos": 0},
        {"n_frames": 1},
        {"look_accuracy": 0.4},
        {"motion_accuracy": 1.0},
        {"video_malignant_share": 0.0},
        {"pair_share": 1.5},
        {"seed": -1},
        {"root": "somewhere"},
        {"motion_acuracy": 0.9},
    ],
)
def test_a_wrong_parameter_is_named(wrong):
    with pytest.raises(BenchError, match=next(iter(wrong))):
        phantom(**wrong)
