"""The data and plugins that an experiment names, found and configured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench.cells.part import Part, all_records
from bench.data import Split, parse_spec, split
from bench.data.subject import Subject
from bench.experiment import Choice, Experiment
from plugins.base import Plugin
from plugins.classifier import Classifier
from plugins.dataset import Dataset
from plugins.discovery import Catalogue
from plugins.errors import BenchError, DataError
from plugins.generator import Generator
from plugins.metric import FEATURES, Metric
from plugins.parameter_sets import refuse_unknown

READS = "reads_config"
"""The class attribute of plugins whose parameter ``config`` takes a config file's path."""


class Alike(NamedTuple):
    """Two videos that share a frame, or nearly the same one: the first id's and the second's."""

    first: str
    first_frame: int
    second: str
    second_frame: int
    how: str


@dataclass(frozen=True)
class Materials:
    """What the cells of one experiment are made of.

    Attributes:
        classes: of the videos, in alphabetical order.
        videos: those to split, without those left out.
        images: the image set, without images left out.
        alike: videos that were found to share frames.
        given: splits made elsewhere, by ratio and replicate; empty where
            they are drawn.
        notes: what a reader of the tables must know.
    """

    experiment: Experiment
    classes: tuple[str, ...]
    videos: Part
    images: Part
    generators: dict[str, Generator]
    classifiers: dict[str, Classifier]
    metrics: dict[str, Metric]
    alike: tuple[Alike, ...] = ()
    given: dict[tuple[str, int], Split] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def images_without(self, test: Part) -> Part:
        """The image set without images of patients, or with frames, of the test videos.

        Raises:
            DataError: no image is left.
        """
        tested = set(test.groups)
        both = zip(self.images.ids, self.images.groups, strict=True)
        kept = [id for id, group in both if group not in tested]
        if not kept:
            raise DataError(
                f"all {len(self.images.ids)} images show patients of the test videos: nothing is "
                "left to synthesize from; use other images, or a ratio with fewer test videos"
            )
        return self.images.among(kept)

    def subjects(self) -> list[Subject]:
        """The videos as a split sees them."""
        both = zip(self.videos.records(), self.videos.groups, strict=True)
        return [Subject.of(record, group) for record, group in both]

    def split(self, ratio: str, replicate: int, seed: int) -> Split:
        """The split that is given for a ratio and replicate, or else one drawn; none leaks.

        Raises:
            DataError: the videos cannot be split so, or the split leaks.
        """
        made = self.given.get((ratio, replicate)) or split(self.subjects(), ratio, seed)
        self.refuse_leak(made, f"split {made.ratio}")
        return made

    def refuse_leak(self, made: Split, where: str) -> None:
        """Refuse a split in which a video of each side share a frame, or nearly the same one.

        Raises:
            DataError: names both.
        """
        training = set(made.train)
        for pair in self.alike:
            if (pair.first in training) != (pair.second in training):
                raise DataError(
                    f"{where}: {pair.first} (frame {pair.first_frame}) and {pair.second} (frame "
                    f"{pair.second_frame}) show {pair.how}, one is in training, one in test; put "
                    "both on one side"
                )

    def quality_metrics(self) -> Iterator[tuple[str, Metric]]:
        """The metrics of synthesized videos."""
        yield from ((n, m) for n, m in self.metrics.items() if "scores" not in m.reads)

    def classifier(self, name: str) -> tuple[str, Classifier]:
        """A classifier by its name in the experiment, the first where the name is empty.

        Raises:
            DataError: there is none.
        """
        chosen = name or next(iter(self.classifiers), "")
        if chosen not in self.classifiers:
            there = ", ".join(self.classifiers) or "none"
            raise DataError(
                f"it compares what a classifier sees, and there is no classifier '{chosen}' in the "
                f"experiment (there is: {there}); name one of these in the metric's parameters"
                if name
                else "it compares what a classifier sees, and the experiment has none: name one"
            )
        return chosen, self.classifiers[chosen]

    def seen_by(self, metric: Metric) -> str | None:
        """The classifier whose features a metric compares, if it does so."""
        if not set(FEATURES) & set(metric.reads) or metric.network:
            return None
        return self.classifier(metric.classifier)[0]

    def classification_metrics(self) -> Iterator[tuple[str, Metric]]:
        """The metrics of predictions."""
        yield from ((n, m) for n, m in self.metrics.items() if "scores" in m.reads)


def gather(experiment: Experiment, catalogue: Catalogue) -> Materials:
    """Find and configure all that an experiment names; `bench.prepare` then looks at the pixels.

    Raises:
        BenchError: something is unknown or does not apply.
    """
    video_set, image_set = (
        open_dataset(source.spec, source.parameters, f"{key}.spec", catalogue)
        for key, source in (("videos", experiment.videos), ("images", experiment.images))
    )
    classes = tuple(sorted({record.label for record in all_records(video_set, "videos")}))
    if len(classes) < 2:
        found = f"one class only, {classes[0]}" if classes else "no videos"
        raise DataError(f"videos.spec = {experiment.videos.spec}: {found}")
    images, notes = _image_part(image_set, classes, experiment)
    notes += _notes_on_sets(video_set, image_set)
    materials = Materials(
        experiment=experiment,
        classes=classes,
        videos=Part.whole(video_set, "videos", classes, experiment.clip),
        images=images,
        generators=_chosen("generator", experiment.generators, experiment.generator, catalogue),
        classifiers=_chosen("classifier", experiment.classifiers, experiment.classifier, catalogue),
        metrics=_chosen("metric", experiment.metrics, experiment.metric, catalogue),
        notes=notes,
    )
    for name, classifier in materials.classifiers.items():
        with named("classifier", name):
            notes += [f"{name}: {note}" for note in classifier.notes()]
    for name, generator in materials.generators.items():
        with named("generator", name):
            notes += [f"{name}: {note}" for note in generator.notes()]
        for which, data in (("videos", video_set), ("images", image_set)):
            if generator.needs_continuation and not data.has_continuation:
                raise BenchError(
                    f"generator '{name}' does not apply: the {which} come from '{data.name}', "
                    "and only a simulated data set can tell what truly follows an image; "
                    f"leave '{name}' out of generators"
                )
    return materials


@contextmanager
def named(kind: str, name: str) -> Iterator[None]:
    """Say which plugin of the experiment it is that data are wrong for."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{kind}.{name}: {error}") from None


def _notes_on_sets(videos: Dataset, images: Dataset) -> list[str]:
    """What the readers tell, and what the two sets have to do with one another."""
    notes = []
    if images.needs_root and videos.needs_root and not comparable(videos, images):
        notes.append(
            "no patient names are shared between videos and images: whether a still shows a "
            "patient of a test video can be told by nearly equal frames only"
        )
    if images.name != videos.name:
        notes.append(
            f"the videos come from '{videos.name}', the images from '{images.name}': "
            "what a generator learns from the one it applies to the other"
        )
    return list(dict.fromkeys([*notes, *videos.notes(), *images.notes()]))


def open_dataset(
    text: str, parameters: dict[str, Any], where: str, catalogue: Catalogue
) -> Dataset:
    """The data set that ``reader`` or ``reader:root`` names.

    Args:
        where: the key or argument that named it, for messages.

    Raises:
        BenchError: no such reader, a wrong parameter, or a root is lacking.
    """
    spec = parse_spec(text)
    offer = catalogue.get("dataset", spec.reader, f"{where} = {text}")
    if spec.root:
        parameters = {**parameters, "root": str(spec.root)}
    dataset = offer.plugin.configure(parameters, f"{where.removesuffix('.spec')}.parameters")
    assert isinstance(dataset, Dataset)
    if dataset.needs_root and not dataset.root:
        option = ", or give --root FOLDER" if where.endswith(".spec") else ""
        raise BenchError(f"{where} = {text}: it reads a folder; write {spec.reader}:FOLDER{option}")
    return dataset


def comparable(videos: Dataset, images: Dataset) -> bool:
    """Whether a group's name means the same patient in both."""
    return bool(videos.group_space()) and videos.group_space() == images.group_space()


def _image_part(
    image_set: Dataset, classes: tuple[str, ...], experiment: Experiment
) -> tuple[Part, list[str]]:
    records = all_records(image_set, "images")
    used = [record for record in records if record.label in classes]
    notes = []
    other = sorted({record.label for record in records} - set(classes))
    if other:
        notes.append(
            f"{len(records) - len(used)} of {len(records)} images left out: "
            f"their class ({', '.join(other)}) is none of the videos'"
        )
    if not used:
        raise DataError(
            f"images.spec = {experiment.images.spec}: no image of the videos' classes "
            f"({', '.join(classes)}); its classes are {', '.join(other)}"
        )
    missing = sorted(set(classes) - {record.label for record in used})
    if missing:
        notes.append(f"no image of class {', '.join(missing)}: none is synthesized")
    return Part.whole(image_set, "images", classes, experiment.clip), notes


def _chosen(
    kind: str, names: tuple[str, ...], choices: dict[str, Choice], catalogue: Catalogue
) -> dict[str, Any]:
    unused = sorted(set(choices) - set(names))
    chosen = {
        name: _configured(kind, name, choices.get(name, Choice()), choices, catalogue)
        for name in names
    }
    for name in unused:
        if not choices[name].config:
            catalogue.get(kind, choices[name].plugin_and_set(name)[0], f"{kind}.{name}")
    return chosen


def _configured(
    kind: str, name: str, choice: Choice, choices: dict[str, Choice], catalogue: Catalogue
) -> Plugin:
    if choice.config:
        return _by_config(kind, name, choice, catalogue)
    plugin, set_name = choice.plugin_and_set(name)
    where = f"{kind}.{name}.plugin" if choice.plugin else f"{kind}s"
    if set_name and plugin in choices and plugin not in catalogue.of_kind(kind):
        raise BenchError(
            f"{where}: '{plugin}' is a {kind} of this experiment, and only plugins have sets: "
            f"write {kind}.{plugin}.set = '{set_name}'"
        )
    offer = catalogue.get(kind, plugin, where)
    refuse_unknown(offer.plugin, set_name, f"{kind}.{name}.set" if choice.set else where)
    return offer.plugin.configure(choice.parameters, f"{kind}.{name}.parameters", set_name)


def _by_config(kind: str, name: str, choice: Choice, catalogue: Catalogue) -> Plugin:
    """The plugin that reads config files, given this one."""
    readers = [o for o in catalogue.of_kind(kind).values() if getattr(o.plugin, READS, False)]
    if not readers:
        raise BenchError(f"{kind}.{name}.config: no {kind} that is installed reads config files")
    parameters = {"config": choice.config, **choice.parameters}
    return readers[0].plugin.configure(parameters, f"{kind}.{name}", choice.set)
