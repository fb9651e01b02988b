"""Small phantoms, for the tests of what is claimed of them."""

import numpy as np

from bench.data.phantom.case import Population
from bench.data.phantom.dataset import Phantom
from bench.data.phantom.scanner import Scanner


def phantom(**parameters):
    return Phantom.configure({"size": 32, "n_videos": 4, "n_images": 4, **parameters}, "test")


def population(role="video", share=0.5, look=0.8, motion=0.9, scanner=None):
    return Population(role, 5, share, look, motion, scanner or Scanner())


def correlation(a, b):
    return np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]
