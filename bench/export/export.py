"""Write, for every split, training clips to learn from and stills to continue."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.data import Cache, ClipSettings
from bench.data.indices import lead, offsets
from bench.data.writer import Form
from bench.export.manifest import manifest_template
from bench.export.place import real, refuse_taken
from bench.export.readme import README
from bench.export.stills import StillWriter
from bench.export.training import TrainingWriter
from bench.matrix import Matrix, replicate_seed
from plugins.errors import BenchError
from plugins.split_facts import split_name


@dataclass(frozen=True)
class Exported:
    """What was written: the folders of the splits, and how many files are in all of them."""

    splits: tuple[Path, ...]
    n_training: int
    n_stills: int
    n_videos: int


def export(
    matrix: Matrix,
    cache: Cache,
    folder: Path,
    form: Form,
    *,
    labels: bool,
    report: Callable[[int, int], None],
) -> Exported:
    """Write a folder for the generator ``precomputed``, whole or not at all.

    Args:
        matrix: expanded from prepared materials; it needs no cells.
        cache: holds the materials' frames.
        folder: new, or empty.
        form: of the training videos.
        labels: tell the class of the stills.
        report: called with splits done and their total.

    Raises:
        BenchError: the folder holds something, or cannot be written.
        DataError: a video or an image cannot be read.
    """
    refuse_taken(folder)
    place = real(folder)
    beside = place.with_name(f".{place.name}.{uuid.uuid4().hex}.tmp")
    try:
        beside.mkdir(parents=True)
        done = _write(matrix, cache, beside, form, labels, report)
        if place.is_dir():
            place.rmdir()  # it is empty
        beside.rename(place)
    except OSError as error:
        raise BenchError(f"{folder}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    splits = tuple(folder / path.name for path in done.splits)
    return Exported(splits, done.n_training, done.n_stills, done.n_videos)


def split_folder(ratio: str, replicate: int) -> str:
    """The name of a split's folder, as ``7-3-r0``."""
    return f"{ratio.replace(':', '-')}-r{replicate}"


def _write(
    matrix: Matrix,
    cache: Cache,
    folder: Path,
    form: Form,
    labels: bool,
    report: Callable[[int, int], None],
) -> Exported:
    experiment, materials = matrix.experiment, matrix.materials
    training = TrainingWriter(cache, experiment.clip, form)
    stills = StillWriter(cache.folder, experiment.synthesis, labels)
    names: dict[str, str] = {}
    n_training = n_stills = n_videos = 0
    for done, ((ratio, replicate), split) in enumerate(matrix.splits.items()):
        report(done, len(matrix.splits))
        place = folder / split_folder(ratio, replicate)
        place.mkdir()
        split.save(place / "split.json")
        n_training += training.write(materials.videos.among(split.train), place)
        parts = (matrix.images[ratio, replicate], materials.videos.among(split.test))
        seed = replicate_seed(experiment, replicate, "sample")
        written = stills.write(parts, seed, place)
        n_stills, n_videos = n_stills + written.stills, n_videos + written.videos
        names[split_name(ratio, replicate)] = place.name
    _text(folder / "clip.json", json.dumps(_clip(experiment.clip), indent=1) + "\n")
    _text(folder / "manifest.toml", manifest_template(experiment.clip, names, labels=labels))
    _text(folder / "README.txt", README)
    return Exported(tuple(folder / n for n in names.values()), n_training, n_stills, n_videos)


def _clip(settings: ClipSettings) -> dict[str, object]:
    """The experiment's own settings, and what follows from them."""
    follows = {"offsets": offsets(settings).tolist(), "lead": lead(settings)}
    return {**settings.model_dump(mode="json"), **follows}


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
