"""The phantom: what is claimed of its labels, its motion, its speckle and its seeds."""

import cv2
import numpy as np
import pytest
from scipy.special import ndtr

from bench.data.phantom import bmode, labels
from bench.data.phantom.case import Case, Population
from bench.data.phantom.dataset import Phantom
from bench.data.phantom.motion import draw_path, modes, strain_ratio
from bench.data.phantom.scanner import Scanner
from bench.data.phantom.scene import draw_scene, scatter
from plugins.errors import BenchError, DataError

MANY = 200_000


def phantom(**parameters):
    return Phantom.configure({"size": 32, "n_videos": 4, "n_images": 4, **parameters}, "test")


def population(role="video", share=0.5, look=0.8, motion=0.9, scanner=None):
    return Population(role, 5, share, look, motion, scanner or Scanner())


def correlation(a, b):
    return np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]


class TestLabels:
    @pytest.mark.parametrize("accuracy", [0.5, 0.6, 0.75, 0.95, 0.999])
    def test_accuracy_is_the_bayes_accuracy_of_the_score(self, accuracy):
        rng = np.random.default_rng(1)
        malignant = rng.random(MANY) < 0.5
        score = labels.draw_score(malignant, accuracy, rng)
        decided = labels.posterior(score, accuracy) > 0.5
        assert np.mean(decided == malignant) == pytest.approx(accuracy, abs=0.01)
        assert score[malignant].std() == pytest.approx(1.0, abs=0.01)

    def test_posterior_is_calibrated_under_a_prior(self):
        rng = np.random.default_rng(2)
        malignant = rng.random(MANY) < 0.33
        score = labels.draw_score(malignant, 0.8, rng)
        probability = labels.posterior(score, 0.8, prior=0.33)
        bins = np.digitize(probability, np.linspace(0.1, 0.9, 9))
        for bin in range(10):
            chosen = bins == bin
            assert malignant[chosen].mean() == pytest.approx(probability[chosen].mean(), abs=0.02)

    def test_cases_draw_look_and_motion_independently_given_the_class(self):
        cases = [Case(population(), patient) for patient in range(3000)]
        malignant = np.array([case.malignant for case in cases])
        scores = np.array([(case.look, case.motion) for case in cases])
        assert correlation(*scores.T) > 0.2
        for one_class in (malignant, ~malignant):
            assert abs(correlation(*scores[one_class].T)) < 0.08
        for score, accuracy in zip(scores.T, (0.8, 0.9), strict=True):
            assert np.mean((score > 0) == malignant) == pytest.approx(accuracy, abs=0.025)
        joint = np.array([case.probability(with_motion=True) > 0.5 for case in cases])
        both = np.hypot(labels.separation(0.8), labels.separation(0.9))
        assert np.mean(joint == malignant) == pytest.approx(ndtr(both / 2), abs=0.02)

    def test_redrawn_motion_tells_nothing_beyond_the_look(self):
        rng = np.random.default_rng(3)
        malignant = rng.random(MANY) < 0.33
        look = labels.draw_score(malignant, 0.75, rng)
        blind = labels.redraw_motion(look, 0.75, 0.9, 0.33, rng)
        seeing = labels.draw_score(malignant, 0.9, rng)
        # Given the look, only the true motion differs between the classes.
        for low in (-1.5, -0.5, 0.5):
            alike = (look > low) & (look < low + 0.1)
            gap = [score[alike & malignant].mean() - score[alike & ~malignant].mean()
                   for score in (blind, seeing)]  # fmt: skip
            assert abs(gap[0]) < 0.2
            assert gap[1] == pytest.approx(labels.separation(0.9), abs=0.2)
        expected = labels.posterior(look, 0.75, 0.33).mean()
        assert blind.mean() == pytest.approx((expected - 0.5) * labels.separation(0.9), abs=0.02)

    @pytest.mark.parametrize("accuracy", [0.49, 1.0, float("nan")])
    def test_impossible_accuracy_is_refused(self, accuracy):
        with pytest.raises(ValueError, match=r"0\.5 to 0\.999"):
            labels.separation(accuracy)

    def test_impossible_prior_is_refused(self):
        with pytest.raises(ValueError, match="prior"):
            labels.posterior(0.0, 0.75, prior=1.0)


class TestSet:
    def test_same_parameters_give_the_same_bytes(self):
        first, again, other = (phantom(n_frames=4, seed=seed) for seed in (0, 0, 1))
        for a, b, c in zip(first.videos(), again.videos(), other.videos(), strict=True):
            assert a.frames().tobytes() == b.frames().tobytes()
            assert a.frames().tobytes() != c.frames().tobytes()
            assert a.fingerprint == b.fingerprint != c.fingerprint

    def test_a_record_does_not_depend_on_how_many_there_are(self):
        small, large = phantom(), phantom(n_videos=25, n_images=30)
        for few, many in ((small.videos(), large.videos()), (small.images(), large.images())):
            for a, b in zip(few, many, strict=False):
                assert (a.id, a.group, a.label) == (b.id, b.group, b.label)
                assert a.fingerprint == b.fingerprint
            assert np.array_equal(few[-1].frames(), many[len(few) - 1].frames())

    def test_ids_and_fingerprints_are_unique(self):
        records = [*phantom(n_videos=40).videos(), *phantom(n_images=40).images()]
        assert len({record.id for record in records}) == 80
        assert len({record.fingerprint for record in records}) == 80

    @pytest.mark.parametrize("seed", [0, 1, 2])
    def test_class_balance(self, seed):
        data = phantom(n_videos=400, n_images=300, seed=seed)
        shares = [
            np.mean([record.label == "malignant" for record in records])
            for records in (data.videos(), data.images())
        ]
        assert shares == pytest.approx([0.6, 0.33], abs=0.04)
        few = phantom(n_videos=10, pair_share=0.0, seed=seed).videos()
        assert sum(record.label == "malignant" for record in few) == 6

    def test_groups(self):
        videos, images = phantom(n_videos=400).videos(), phantom(n_images=50).images()
        groups = {record.group for record in videos}
        pairs = len(videos) - len(groups)
        assert pairs / len(groups) == pytest.approx(0.2, abs=0.06)
        assert len({record.group for record in images}) == 50
        assert not groups & {record.group for record in images}

    def test_two_views_of_a_patient_share_the_lesion_but_not_the_image(self):
        one, two = (Case(population(), 3, view, size=32) for view in (0, 1))
        assert (one.malignant, one.look, one.motion) == (two.malignant, two.look, two.motion)
        assert one.scene.lesion.radii == two.scene.lesion.radii
        assert not np.array_equal(one.clip(1, 0), two.clip(1, 0))

    @pytest.mark.parametrize("size", [32, 64, 128])
    def test_frames(self, size):
        data = phantom(size=size, n_frames=5)
        video, still = data.videos()[0].frames(), data.images()[0].frames()
        assert video.shape == (5, size, size, 1)
        assert still.shape == (1, size, size, 1)
        assert video.dtype == still.dtype == np.uint8
        for frame in (*video, *still):
            assert 40 < frame.mean() < 150
            assert frame.std() > 25

    def test_the_stills_come_from_another_scanner(self):
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
    def test_a_wrong_parameter_is_named(self, wrong):
        with pytest.raises(BenchError, match=next(iter(wrong))):
            phantom(**wrong)


class TestContinuation:
    @pytest.mark.parametrize("blind", [False, True])
    def test_frame_0_is_the_record_bit_for_bit(self, blind):
        data = phantom()
        for record in (data.images()[0], data.videos()[0]):
            first = record.frames()[0]
            one, two = (record.continuation(4, seed, blind=blind) for seed in (0, 1))
            assert np.array_equal(one[0], first)
            assert np.array_equal(two[0], first)
            assert not np.array_equal(one[1], two[1])
            assert np.array_equal(one, record.continuation(4, 0, blind=blind))
            assert np.array_equal(one[:2], record.continuation(2, 0, blind=blind))

    def test_blind_never_reads_the_true_motion(self, monkeypatch):
        still = phantom().images()[0]
        before = still.continuation(3, 7, blind=True)

        def refuse(_):
            raise AssertionError("the true motion score was read")

        monkeypatch.setattr(Case, "motion", property(refuse))
        fresh = phantom().images()[0]
        assert np.array_equal(fresh.continuation(3, 7, blind=True), before)
        with pytest.raises(AssertionError, match="true motion"):
            fresh.continuation(3, 7)

    def test_a_still_tells_nothing_of_the_motion(self):
        one, other = (phantom(motion_accuracy=accuracy).images() for accuracy in (0.5, 0.999))
        for a, b in zip(one, other, strict=True):
            assert np.array_equal(a.frames(), b.frames())
        assert not np.array_equal(one[0].continuation(8, 0)[-1], other[0].continuation(8, 0)[-1])

    def test_no_frames_are_refused(self):
        with pytest.raises(DataError, match="image-0000"):
            phantom().images()[0].continuation(0, 0)


class TestMotion:
    def scene(self, seed=1, look=-1.0):
        return draw_scene(look, Scanner(), *(np.random.default_rng([seed, k]) for k in (0, 1)))

    def test_warping_back_by_the_truth_restores_frame_0(self):
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
    def test_lesion_strain_is_the_tissues_times_the_ratio(self, ratio):
        scene = self.scene()
        path = np.array([[0.0, 0.0, 0.0], [0.1, 0.0, 0.02]])
        dx, dy = scene.displacement(path, ratio, 128)[1]
        column, row = (int(128 * at) for at in scene.lesion.centre)
        inside = (slice(row - 8, row + 8), slice(column - 8, column + 8))
        assert np.gradient(dy, axis=0)[inside] == pytest.approx(-0.1 * ratio, abs=1e-3)
        if ratio == 0.0:
            assert np.ptp(dx[inside]) < 1e-4
            assert dy[inside] == pytest.approx(-0.1 * 128 * scene.lesion.centre[1], rel=1e-3)

    def test_the_motion_score_sets_the_strain(self):
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

    def test_a_stiff_lesion_keeps_its_height_where_a_soft_one_flattens(self):
        """Seen in the images themselves: the dark run of the lesion's middle column."""
        change = {}
        for ratio in (0.1, 1.9):
            heights = []
            for seed in range(4):
                scene = self.scene(seed)
                path = np.array([[0.0, 0.0, 0.0], [0.15, 0.0, 0.0]])
                frames = scene.clip(path, ratio, 64, np.random.default_rng(0))
                column = int(64 * scene.lesion.centre[0])
                profiles = frames[:, :, column - 3 : column + 4].mean(2)
                profiles = cv2.GaussianBlur(profiles.T, (1, 3), 0).T
                row = int(64 * scene.lesion.centre[1])
                for profile, middle in zip(profiles, (row, int(0.85 * row)), strict=True):
                    dark = profile < 0.5 * (
                        profile[middle - 2 : middle + 3].mean() + profile.mean()
                    )
                    above, below = np.flatnonzero(~dark[:middle]), np.flatnonzero(~dark[middle:])
                    heights.append(middle + below[0] - above[-1] - 1)
            before, after = np.array(heights).reshape(-1, 2).mean(0)
            change[ratio] = before - after
        assert abs(change[0.1]) < 1.5
        assert change[1.9] > 3.0

    @pytest.mark.parametrize("ratio", [0.0, 2.0])
    def test_nothing_folds_and_the_probe_face_only_slides(self, ratio):
        for seed in range(5):
            scene = self.scene(seed, look=seed - 2.0)
            path = draw_path(32, np.random.default_rng(seed))
            for dx, dy in scene.displacement(path, ratio, 64):
                along = (1 + np.gradient(dx, axis=1)) * (1 + np.gradient(dy, axis=0))
                assert (along - np.gradient(dx, axis=0) * np.gradient(dy, axis=1)).min() > 0.2
            x = np.linspace(0.0, 1.0, 50)
            press, rock, slide = modes(x, np.zeros(50), scene.lesion, ratio)
            assert not press.any()
            assert not rock.any()
            assert np.array_equal(slide, [np.ones(50), np.zeros(50)])

    def test_the_path_is_generous_quasi_periodic_and_differs_per_clip(self):
        paths = np.stack([draw_path(16, np.random.default_rng(seed)) for seed in range(200)])
        press = paths[:, :, 0]
        assert not paths[:, 0].any()
        assert 0.12 < np.median(np.ptp(press, axis=1)) < 0.18
        turns = (np.diff(np.sign(np.diff(press, axis=1)), axis=1) != 0).sum(1)
        assert 2 <= turns.mean() <= 4
        assert turns.std() > 0.3
        longer = draw_path(24, np.random.default_rng(0))
        assert np.array_equal(longer[:16], paths[0])


class TestSpeckle:
    def envelope(self, rng, every=1):
        """Envelope of a uniform scattering medium, away from the borders."""
        x, z = (position[::every] for position in scatter(rng))
        amplitude = rng.standard_normal(len(x))
        parts = (part.astype(np.float32) for part in (x, z, amplitude))
        return np.abs(bmode.echo(*parts, Scanner(), 128))[0, 16:-16, 16:-16]

    def test_fully_developed_speckle_is_rayleigh(self):
        envelopes = [self.envelope(np.random.default_rng(seed)) for seed in range(4)]
        scaled = np.concatenate([e / np.sqrt((e**2).mean(1, keepdims=True)) for e in envelopes])
        assert scaled.mean() / scaled.std() == pytest.approx(1.91, abs=0.06)
        for level in (0.3, 0.7, 1.2, 1.8):
            assert (scaled > level).mean() == pytest.approx(np.exp(-(level**2)), abs=0.015)

    def test_few_scatterers_are_not(self):
        sparse = self.envelope(np.random.default_rng(0), every=23)
        assert sparse.mean() / sparse.std() < 1.5

    def test_speckle_forgets_at_the_stated_rate(self):
        scene = draw_scene(0.0, Scanner(), *(np.random.default_rng(k) for k in (0, 1)))
        still = np.zeros((16, 3))
        echoes = list(scene.echoes(still, 1.0, 64, np.random.default_rng(2)))
        for lag in (1, 5, 15):
            overlap = np.vdot(echoes[0], echoes[lag]).real
            overlap /= np.linalg.norm(echoes[0]) * np.linalg.norm(echoes[lag])
            assert overlap == pytest.approx(scene.memory**lag, abs=0.03)

    def test_the_carriers_give_independent_speckle(self):
        scene = draw_scene(0.0, Scanner(), *(np.random.default_rng(k) for k in (0, 1)))
        (first, second), *_ = scene.echoes(np.zeros((1, 3)), 1.0, 64, np.random.default_rng(2))
        overlap = abs(np.vdot(first, second)) / np.linalg.norm(first) / np.linalg.norm(second)
        assert overlap < 0.3
