"""The data and plugins that an experiment names, found and configured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.cells.part import Part, all_records
from bench.data import Cache, Split, by_length, parse_spec, split
from bench.experiment import Choice, Experiment
from plugins.classifier import Classifier
from plugins.dataset import Dataset, Record
from plugins.discovery import Catalogue
from plugins.errors import BenchError, DataError
from plugins.generator import Generator
from plugins.metric import Metric


@dataclass(frozen=True)
class Materials:
    """What the cells of one experiment are made of.

    Attributes:
        classes: of the videos, in alphabetical order.
        video_records: the videos to split, without those left out.
        images: the image set, without images of other classes.
        notes: what a reader of the tables must know.
    """

    experiment: Experiment
    classes: tuple[str, ...]
    video_set: Dataset
    video_records: tuple[Record, ...]
    images: Part
    generators: dict[str, Generator]
    classifiers: dict[str, Classifier]
    metrics: dict[str, Metric]
    notes: list[str] = field(default_factory=list)

    def videos(self, ids: tuple[str, ...]) -> Part:
        """Some of the videos."""
        return Part(self.video_set, "videos", ids, self.classes, self.experiment.clip)

    def images_without(self, test: Part) -> Part:
        """The image set without images of patients in the test videos.

        Groups are compared where both sets name them alike; else nothing
        is left out, which `gather` notes.

        Raises:
            DataError: no image is left.
        """
        same = _comparable(self.video_set, self.images.dataset)
        tested = {record.group for record in test.records()} if same else set()
        kept = tuple(record.id for record in self.images.records() if record.group not in tested)
        if not kept:
            raise DataError(
                f"all {len(self.images.ids)} images show patients of the test videos: nothing is "
                "left to synthesize from; use other images, or a ratio with fewer test videos"
            )
        return replace(self.images, ids=kept)

    def split(self, ratio: str, seed: int) -> Split:
        """Split the videos, and refuse a split that leaks."""
        made = split(self.video_records, ratio, seed)
        _refuse_leak(self.video_records, made)
        return made

    def quality_metrics(self) -> Iterator[tuple[str, Metric]]:
        """The metrics of synthesized videos."""
        yield from ((n, m) for n, m in self.metrics.items() if "scores" not in m.reads)

    def classification_metrics(self) -> Iterator[tuple[str, Metric]]:
        """The metrics of predictions."""
        yield from ((n, m) for n, m in self.metrics.items() if "scores" in m.reads)


def gather(experiment: Experiment, catalogue: Catalogue, cache: Path) -> Materials:
    """Find and configure all that an experiment names.

    Args:
        cache: the folder of decoded videos; looked at where short videos
            are to be left out.

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
    videos, too_short = by_length(all_records(video_set, "videos"), Cache(cache), experiment.clip)
    if too_short:
        notes.append(
            f"{len(too_short)} videos left out: shorter than {experiment.clip.span} frames"
        )
    if image_set.needs_root and video_set.needs_root and not _comparable(video_set, image_set):
        notes.append(
            "no patient names are shared between videos and images: whether a still shows a "
            "patient of a test video cannot be told"
        )
    if image_set.name != video_set.name:
        notes.append(
            f"the videos come from '{video_set.name}', the images from '{image_set.name}': "
            "what a generator learns from the one it applies to the other"
        )
    notes += [f"{video_set.name}: {note}" for note in video_set.notes()]
    if image_set != video_set:
        notes += [f"{image_set.name}: {note}" for note in image_set.notes()]
    materials = Materials(
        experiment=experiment,
        classes=classes,
        video_set=video_set,
        video_records=tuple(videos),
        images=images,
        generators=_chosen("generator", experiment.generators, experiment.generator, catalogue),
        classifiers=_chosen("classifier", experiment.classifiers, experiment.classifier, catalogue),
        metrics=_chosen("metric", experiment.metrics, experiment.metric, catalogue),
        notes=notes,
    )
    for name, generator in materials.generators.items():
        for which, data in (("videos", video_set), ("images", image_set)):
            if generator.needs_continuation and not data.has_continuation:
                raise BenchError(
                    f"generator '{name}' does not apply: the {which} come from '{data.name}', "
                    "and only a simulated data set can tell what truly follows an image; "
                    f"leave '{name}' out of generators"
                )
    return materials


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


def _comparable(videos: Dataset, images: Dataset) -> bool:
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
    ids = tuple(record.id for record in used)
    return Part(image_set, "images", ids, classes, experiment.clip), notes


def _chosen(
    kind: str, names: tuple[str, ...], choices: dict[str, Choice], catalogue: Catalogue
) -> dict[str, Any]:
    unused = sorted(set(choices) - set(names))
    chosen: dict[str, Any] = {}
    for name in names:
        choice = choices.get(name, Choice())
        where = f"{kind}.{name}.plugin" if choice.plugin else f"{kind}s"
        offer = catalogue.get(kind, choice.plugin or name, where)
        chosen[name] = offer.plugin.configure(choice.parameters, f"{kind}.{name}.parameters")
    for name in unused:
        catalogue.get(kind, choices[name].plugin or name, f"{kind}.{name}")
    return chosen


def _refuse_leak(records: tuple[Record, ...], made: Split) -> None:
    """No file may stand on both sides, under whatever name."""
    side: dict[str, Record] = {}
    training = set(made.train)
    for record in records:
        twin = side.setdefault(record.fingerprint, record)
        if (twin.id in training) != (record.id in training):
            raise DataError(
                f"split {made.ratio}: {twin.id} and {record.id} are the same video, "
                "one in training, one in test; remove one, or give both one group"
            )
