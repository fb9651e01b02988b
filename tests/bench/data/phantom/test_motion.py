"""The phantom's motion: its true field, the lesion's strain and the probe's path."""

import cv2
import numpy as np
import pytest

from bench.data.phantom.motion import draw_path, modes, strain_ratio
from bench.data.phantom.scanner import Scanner
from bench.data.phantom.scene import draw_scene
from tests.bench.data.phantom.small_phantom import correlation, phantom


def drawn(seed=1, look=-1.0):
    return draw_scene(look, Scanner(), *(np.random.default_rng([seed, k]) for k in (0, 1)))


def test_warping_back_by_the_truth_restores_frame_0():
    inner = (slice(6, -6), slice(6, -6))
    for record in phantom(size=64, n_videos=6).videos():
        frames = record.frames()[..., 0].astype(np.float32)
        truth = record.displacement()
        assert truth.shape == (16, 2, 64, 64)
        assert truth.dtype == np.float32
        assert not truth[0].any()
        row, column = np.mgrid[:64, :64].astype(np.float32)
        farthest = np.abs(truth[:, 1]).mean((1, 2)).argmax()
        dx, dy = truth[farthest]
        back = cv2.remap(frames[farthest], column + dx, row + dy, cv2.INTER_LINEAR)
        warped = correlation(back[inner], frames[0][inner])
        assert warped > 0.8
        assert warped > correlation(frames[farthest][inner], frames[0][inner]) + 0.1


@pytest.mark.parametrize("ratio", [0.0, 0.5, 1.0, 2.0])
def test_lesion_strain_is_the_tissues_times_the_ratio(ratio):
    scene = drawn()
    path = np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.02]])
    dx, dy = scene.displacement(path, ratio, 128)[1]
    column, row = (int(128 * at) for at in scene.lesion.centre)
    inside = (slice(row - 8, row + 8), slice(column - 8, column + 8))
    assert np.gradient(dy, axis=0)[inside] == pytest.approx(-0.1 * ratio, abs=1e-3)
    if ratio == 0.0:
        assert np.ptp(dx[inside]) < 1e-4
        assert dy[inside] == pytest.approx(-0.1 * 128 * scene.lesion.centre[1], rel=1e-3)


def test_the_motion_score_sets_the_strain():
    assert [strain_ratio(score) for score in (-3.0, 0.0, 3.0)] == pytest.approx(
        [2.0, 1.0, 0.0], abs=0.04
    )
    strains, scores = [], []
    for record in phantom(n_videos=30, motion_accuracy=0.95).videos():
        lesion = record.case.scene.lesion
        column, row = (int(32 * at) for at in lesion.centre)
        inside = record.displacement()[:, 1, row - 2 : row + 3, column]
        strains.append(np.abs(inside[:, -1] - inside[:, 0]).max() / 4)
        scores.append(record.case.motion)
    strains, scores = np.array(strains), np.array(scores)
    assert correlation(strains, scores) < -0.7
    assert strains[scores > 1].mean() < 0.3 * strains[scores < -1].mean()


def test_a_stiff_lesion_keeps_its_height_where_a_soft_one_flattens():
    """Seen in the images themselves: the dark run of the lesion's middle column."""
    change = {}
    for ratio in (0.1, 1.9):
        heights = []
        for seed in range(4):
            scene = drawn(seed)
            path = np.array([[0.0, 0.0, 0.0], [0.15, 0.0, 0.0]])
            frames = scene.clip(path, ratio, 64, np.random.default_rng(0))
            column = int(64 * scene.lesion.centre[0])
            profiles = frames[:, :, column - 3 : column + 4].mean(2)
            profiles = cv2.GaussianBlur(profiles.T, (1, 3), 0).T
            row = int(64 * scene.lesion.centre[1])
            for profile, middle in zip(profiles, (row, int(0.85 * row)), strict=True):
                dark = profile < 0.5 * (profile[middle - 2 : middle + 3].mean() + profile.mean())
                above, below = np.flatnonzero(~dark[:middle]), np.flatnonzero(~dark[middle:])
                heights.append(middle + below[0] - above[-1] - 1)
        before, after = np.array(heights).reshape(-1, 2).mean(0)
        change[ratio] = before - after
    assert abs(change[0.1]) < 1.5
    assert change[1.9] > 3.0


@pytest.mark.parametrize("ratio", [0.0, 2.0])
def test_nothing_folds_and_the_probe_face_only_slides(ratio):
    for seed in range(5):
        scene = drawn(seed, look=seed - 2.0)
        path = draw_path(32, np.random.default_rng(seed))
        for dx, dy in scene.displacement(path, ratio, 64):
            along = (1 + np.gradient(dx, axis=1)) * (1 + np.gradient(dy, axis=0))
            assert (along - np.gradient(dx, axis=0) * np.gradient(dy, axis=1)).min() > 0.2
        x = np.linspace(0.0, 1.0, 50)
        press, rock, slide = modes(x, np.zeros(50), scene.lesion, ratio)
        assert not press.any()
        assert not rock.any()
        assert np.array_equal(slide, [np.ones(50), np.zeros(50)])


def test_the_path_is_generous_quasi_periodic_and_differs_per_clip():
    paths = np.stack([draw_path(16, np.random.default_rng(seed)) for seed in range(200)])
    press = paths[:, :, 0]
    assert not paths[:, 0].any()
    assert 0.12 < np.median(np.ptp(press, axis=1)) < 0.18
    turns = (np.diff(np.sign(np.diff(press, axis=1)), axis=1) != 0).sum(1)
    assert 2 <= turns.mean() <= 4
    assert turns.std() > 0.3
    longer = draw_path(24, np.random.default_rng(0))
    assert np.array_equal(longer[:16], paths[0])
