"""What the look and the motion of a case tell about its class, in closed form.

Given the class, look and motion are independent Gaussians of unit variance whose
class means lie `d` apart, at -d/2 (benign) and +d/2 (malignant). The best
possible decision at equal priors is the sign of the score and is right with
probability Phi(d / 2) (Duda, Hart and Stork, Pattern Classification, 2001,
section 2.6), so an accuracy fixes d, and every posterior is a logistic curve.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit, ndtri

from .streams import stream

CLASSES = ("benign", "malignant")
BLOCK = 10


def separation(accuracy: float) -> float:
    """Distance d between the class means of a score with this Bayes accuracy.

    Args:
        accuracy: Bayes accuracy at equal priors, 0.5 (tells nothing) to 0.999.

    Raises:
        ValueError: If `accuracy` lies outside that range.
    """
    if not 0.5 <= accuracy <= 0.999:
        raise ValueError(
            f"a score's accuracy must lie in 0.5 to 0.999, got {accuracy}; "
            "0.5 is a score that tells nothing"
        )
    return 2.0 * float(ndtri(accuracy))


def draw_score(malignant: ArrayLike, accuracy: float, rng: np.random.Generator) -> np.ndarray:
    """Draw one score per case given its class.

    Args:
        malignant: Classes, any shape, True or 1 for malignant.
        accuracy: Bayes accuracy of the score at equal priors, 0.5 to 0.999.
        rng: Where the unit Gaussian noise comes from.

    Returns:
        Scores of the same shape, float64, larger for malignant.
    """
    side = np.asarray(malignant, dtype=np.float64) - 0.5
    return side * separation(accuracy) + rng.standard_normal(side.shape)


def posterior(score: ArrayLike, accuracy: float, prior: float = 0.5) -> np.ndarray:
    """P(malignant | score), the Bayes posterior.

    Args:
        score: Scores, any shape.
        accuracy: Bayes accuracy of this score at equal priors, 0.5 to 0.999.
        prior: P(malignant) in the set, above 0 and below 1.

    Returns:
        Probabilities of the same shape.

    Raises:
        ValueError: If `accuracy` or `prior` is out of range.
    """
    if not 0.0 < prior < 1.0:
        raise ValueError(f"prior must lie between 0 and 1, both excluded, got {prior}")
    return expit(logit(prior) + separation(accuracy) * np.asarray(score, dtype=np.float64))


def redraw_motion(
    look: ArrayLike,
    look_accuracy: float,
    motion_accuracy: float,
    prior: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw a motion score from what the look alone tells: y' ~ P(y | look), m ~ P(m | y').

    What a generator that knows the population perfectly, but sees one still and no
    label, could at best do. Its motion adds nothing on the class beyond the look.

    Args:
        look: Look scores, any shape.
        look_accuracy: Bayes accuracy of the look score.
        motion_accuracy: Bayes accuracy of the motion score.
        prior: P(malignant) in the set that the look comes from.
        rng: Where the class and the noise come from.

    Returns:
        Motion scores of the same shape.
    """
    guessed = rng.random(np.shape(look)) < posterior(look, look_accuracy, prior)
    return draw_score(guessed, motion_accuracy, rng)


def is_malignant(index: int, share: float, seed: int, role: str) -> bool:
    """Class of patient `index`, such that every run of ten patients has its share.

    Plain coin tosses would now and then leave a small set without one class. Here
    each block of ten holds the rounded share, in random order; the rounding starts
    at a random point, so that the chance of malignancy is `share` for every index.

    Args:
        index: Number of the patient, 0 or more.
        share: Wanted share of malignant patients, 0 to 1.
        seed: The set's seed.
        role: Name of the set, so that videos and stills differ.
    """
    block, place = divmod(index, BLOCK)
    start = stream(seed, role, "share").random()
    first, last = np.floor(start + share * BLOCK * np.array([block, block + 1]))
    order = stream(seed, role, "order", block).permutation(BLOCK)
    return bool(order[place] < last - first)
