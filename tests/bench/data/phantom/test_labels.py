"""The phantom's labels: each score is as accurate as is said, and the two are independent."""

import numpy as np
import pytest
from scipy.special import ndtr

from bench.data.phantom import labels
from bench.data.phantom.case import Case
from tests.bench.data.phantom.small_phantom import correlation, population

MANY = 200_000


@pytest.mark.parametrize("accuracy", [0.5, 0.6, 0.75, 0.95, 0.999])
def test_accuracy_is_the_bayes_accuracy_of_the_score(accuracy):
    rng = np.random.default_rng(1)
    malignant = rng.random(MANY) < 0.5
    score = labels.draw_score(malignant, accuracy, rng)
    decided = labels.posterior(score, accuracy) > 0.5
    assert np.mean(decided == malignant) == pytest.approx(accuracy, abs=0.01)
    assert score[malignant].std() == pytest.approx(1.0, abs=0.01)


def test_posterior_is_calibrated_under_a_prior():
    rng = np.random.default_rng(2)
    malignant = rng.random(MANY) < 0.33
    score = labels.draw_score(malignant, 0.8, rng)
    probability = labels.posterior(score, 0.8, prior=0.33)
    bins = np.digitize(probability, np.linspace(0.1, 0.9, 9))
    for bin in range(10):
        chosen = bins == bin
        assert malignant[chosen].mean() == pytest.approx(probability[chosen].mean(), abs=0.02)


def test_cases_draw_look_and_motion_independently_given_the_class():
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


def test_redrawn_motion_tells_nothing_beyond_the_look():
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
def test_impossible_accuracy_is_refused(accuracy):
    with pytest.raises(ValueError, match=r"0\.5 to 0\.999"):
        labels.separation(accuracy)


def test_impossible_prior_is_refused():
    with pytest.raises(ValueError, match="prior"):
        labels.posterior(0.0, 0.75, prior=1.0)
