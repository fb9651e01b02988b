"""The kinds of cell: what the matrix is made of."""

from bench.cells.base import Cell as Cell
from bench.cells.base import Surroundings as Surroundings
from bench.cells.evaluate import Evaluate as Evaluate
from bench.cells.features import Features as Features
from bench.cells.fit import Fit as Fit
from bench.cells.score import ScorePredictions as ScorePredictions
from bench.cells.score import ScoreVideos as ScoreVideos
from bench.cells.score_features import ScoreFeatures as ScoreFeatures
from bench.cells.synthesize import Synthesize as Synthesize
from bench.cells.train import Train as Train
