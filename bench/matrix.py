"""From an experiment to its cells: the matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bench.cells import (
    Cell,
    Evaluate,
    Features,
    Fit,
    ScoreFeatures,
    ScorePredictions,
    ScoreVideos,
    Synthesize,
    Train,
)
from bench.cells.fit import learns
from bench.cells.part import Part
from bench.data import Split
from bench.data.indices import offsets
from bench.experiment import Experiment, Protocol
from bench.materials import Materials, named
from plugins.classifier import Classifier
from plugins.errors import DataError
from plugins.generator import Generator
from plugins.metric import FEATURES, Ingredient, Metric
from plugins.seeds import derive
from plugins.split_facts import ClipFacts, SplitFacts, split_name

Continued = Literal["test", "images"]
TRAINING_STARTS = 8
"""Clips of each training video that synthesized ones are compared with, evenly spread: generators
learn from clips that start anywhere."""


@dataclass(frozen=True)
class Point:
    """Where in the grid a figure stands.

    Attributes:
        table: ``quality`` or ``classification``.
        generator: None where the cell does not depend on one.
        classifier, protocol: None in the table of quality.
    """

    table: str
    ratio: str
    replicate: int
    metric: str
    generator: str | None = None
    classifier: str | None = None
    protocol: Protocol | None = None


@dataclass
class Matrix:
    """The graph of cells, in an order in which they can be computed.

    Attributes:
        cells: by key; a cell stands after all that it reads.
        points: for each figure of the tables, the key of its cell.
        splits: by (ratio, replicate).
        images: what is synthesized from, by (ratio, replicate).
        syntheses: by (ratio, replicate), then by the generator's name and
            what is continued: ``test`` (frame 0 of the test videos) or ``images``.
        materials: the data and plugins that the cells are made of.
    """

    experiment: Experiment
    materials: Materials
    cells: dict[str, Cell] = field(default_factory=dict)
    points: dict[Point, str] = field(default_factory=dict)
    splits: dict[tuple[str, int], Split] = field(default_factory=dict)
    images: dict[tuple[str, int], Part] = field(default_factory=dict)
    syntheses: dict[tuple[str, int], dict[tuple[str, Continued], Synthesize]] = field(
        default_factory=dict
    )

    def add(self, cell: Cell) -> None:
        """Add a cell, and before it all that it reads."""
        if cell.key in self.cells:
            return
        for needed in cell.reads:
            self.add(needed)
        self.cells[cell.key] = cell


def expand(materials: Materials) -> Matrix:
    """Make every cell of an experiment.

    Raises:
        BenchError: the videos cannot be split as asked.
    """
    experiment = materials.experiment
    matrix = Matrix(experiment, materials)
    for replicate in experiment.replicates:
        for ratio in experiment.ratios:
            _Slice(matrix, ratio, replicate).expand()
    return matrix


def replicate_seed(experiment: Experiment, replicate: int, name: str) -> int:
    """One of a replicate's four seeds: that of the experiment, or else derived from its number.

    Args:
        name: ``split``, ``fit``, ``sample`` or ``train``.
    """
    fixed = getattr(experiment.seeds, name)
    return fixed if fixed is not None else derive(replicate, name)


class _Slice:
    """The cells of one ratio and replicate, all on the same split."""

    def __init__(self, matrix: Matrix, ratio: str, replicate: int) -> None:
        self.matrix, self.materials = matrix, matrix.materials
        self.experiment = matrix.experiment
        self.ratio, self.replicate = ratio, replicate
        split = self.materials.split(ratio, replicate, self.seed("split"))
        matrix.splits[ratio, replicate] = split
        self.training = self.materials.videos.among(split.train)
        self.test = self.materials.videos.among(split.test)
        self.images = self.materials.images_without(self.test)
        matrix.images[ratio, replicate] = self.images
        self._check_prior()
        self.syntheses = matrix.syntheses.setdefault((ratio, replicate), {})

    def _check_prior(self) -> None:
        """Refuse a class prior for which no synthetic video could be used."""
        prior = self.experiment.synthesis.prior
        if prior == "source" or not {"synthetic", "mixed"} & set(self.experiment.protocols):
            return
        lacking = [name for name, n in self.images.per_class().items() if not n]
        if lacking:
            raise DataError(
                f"split {self.where}: no image of class {', '.join(lacking)} is left, so that "
                f"synthesis.prior = '{prior}' cannot be met: set it to 'source', or give "
                "images of that class"
            )

    def seed(self, name: str) -> int:
        return replicate_seed(self.experiment, self.replicate, name)

    def expand(self) -> None:
        for name, generator in self.materials.generators.items():
            for metric_name, metric in self.materials.quality_metrics():
                score = self.quality(name, generator, metric_name, metric)
                point = Point("quality", self.ratio, self.replicate, metric_name, name)
                self.record(point, score)
        for name, classifier in self.materials.classifiers.items():
            for protocol, generator_name, train in self.trainings(name, classifier):
                evaluated = Evaluate(self.titled("evaluate", train.title), train, self.test)
                for metric_name, metric in self.materials.classification_metrics():
                    title = f"{metric_name} of {train.title}"
                    point = Point(
                        "classification",
                        self.ratio,
                        self.replicate,
                        metric_name,
                        generator_name,
                        name,
                        protocol,
                    )
                    self.record(point, ScorePredictions(title, metric, evaluated))

    def record(self, point: Point, cell: Cell) -> None:
        self.matrix.add(cell)
        self.matrix.points[point] = cell.key

    def quality(
        self, name: str, generator: Generator, metric_name: str, metric: Metric
    ) -> ScoreVideos | ScoreFeatures:
        per_item = self.experiment.synthesis.per_test_video
        videos = self.synthesis(name, generator, "test", per_item)
        title = f"{metric_name} of {name} · {self.where}"
        if not set(FEATURES) & set(metric.reads):
            return ScoreVideos(title, metric, videos, self.test)
        sources: dict[Ingredient, tuple[str, Part | Synthesize]] = {
            "real_features": ("test videos", self.test),
            "generated_features": (f"{name}'s videos", videos),
            "training_features": ("training videos", self.training.started(TRAINING_STARTS)),
        }
        with named("metric", metric_name):
            features = tuple(
                (i, self.features(metric, *sources[i], every=i == "training_features"))
                for i in FEATURES
                if i in metric.reads
            )
        return ScoreFeatures(title, metric, features)

    def features(
        self, metric: Metric, what: str, source: Part | Synthesize, *, every: bool
    ) -> Features:
        """What a metric's network sees in videos, or a classifier that learned from real ones."""
        network = metric.network
        if network:
            return Features(self.titled(f"{network.name} of", what), network, None, source, every)
        name, classifier = self.materials.classifier(metric.classifier)
        trained = self.train(name, classifier, "real", None)
        return Features(self.titled(f"{name}'s features of", what), None, trained, source, every)

    def trainings(
        self, name: str, classifier: Classifier
    ) -> Iterator[tuple[Protocol, str | None, Train]]:
        protocols = self.experiment.protocols
        if "real" in protocols:
            yield "real", None, self.train(name, classifier, "real", None)
        for generator_name, generator in self.materials.generators.items():
            for protocol in protocols:
                if protocol != "real":
                    per_image = self.experiment.synthesis.per_image
                    videos = self.synthesis(generator_name, generator, "images", per_image)
                    train = self.train(name, classifier, protocol, videos, generator_name)
                    yield protocol, generator_name, train

    def synthesis(
        self, name: str, generator: Generator, what: Continued, per_item: int
    ) -> Synthesize:
        if (name, what) in self.syntheses:
            return self.syntheses[name, what]
        source, called = (self.test, "test videos") if what == "test" else (self.images, "images")
        if generator.needs_ids:
            with named("generator", name):
                generator = generator.on_split(self.facts())
        fit = None
        if learns(generator):
            fit = Fit(self.titled("fit", name), generator, self.training, self.seed("fit"))
        title = self.titled("synthesize", f"{name} from {called}")
        batch = self.experiment.synthesis.batch
        made = Synthesize(title, generator, fit, source, per_item, batch, self.seed("sample"))
        self.syntheses[name, what] = made
        return made

    def train(
        self,
        name: str,
        classifier: Classifier,
        protocol: Protocol,
        synthetic: Synthesize | None,
        generator_name: str = "",
    ) -> Train:
        prior = self.experiment.synthesis.prior
        return Train(
            title=" · ".join(filter(None, [name, protocol, generator_name, self.where])),
            classifier=classifier,
            real=None if protocol == "synthetic" else self.training,
            synthetic=synthetic,
            prior=prior if synthetic else "source",
            real_shares=self.real_shares() if synthetic and prior == "real" else None,
            seed=self.seed("train"),
        )

    def real_shares(self) -> tuple[float, ...]:
        counts = list(self.training.per_class().values())
        return tuple(count / sum(counts) for count in counts)

    def facts(self) -> SplitFacts:
        """What a generator that needs ids is told of this split."""
        clip = self.experiment.clip
        facts = ClipFacts(clip.frames, clip.size, clip.channels, tuple(offsets(clip).tolist()))
        return SplitFacts(self.where, self.training.ids, self.test.ids, facts)

    @property
    def where(self) -> str:
        return split_name(self.ratio, self.replicate)

    def titled(self, action: str, what: str) -> str:
        place = "" if self.where in what else f" · {self.where}"
        return f"{action} {what}{place}"
