"""Labelled videos from a user's own images, by a generator that an experiment trained."""

from bench.synthesis.request import Request as Request
from bench.synthesis.synthesize import synthesize as synthesize

__all__ = ["Request", "synthesize"]
