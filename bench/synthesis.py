"""Synthesize labelled videos from a user's own images, into a folder."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from bench.cells.sampling import sample, to_bytes
from bench.data import Cache, StillSource, contact_sheet, still_of
from bench.data.writer import SUFFIX, Form, write_video
from bench.store import write_atomically
from bench.trained import Trained
from plugins.dataset import Record
from plugins.errors import BenchError
from plugins.generator import Stills
from plugins.seeds import derive

MANIFEST = "synthesis.json"
SHEET = "sheet.png"
UNLABELLED = "unlabelled"
"""The folder of videos whose image has no class."""
_SHOWN = 4
_SAMPLES = 3


@dataclass(frozen=True)
class Video:
    """One video to be made: sample ``number`` of an image."""

    record: Record
    number: int
    seed: int
    name: str

    def path(self, folder: Path, form: Form) -> Path:
        """``<form>/<class>/<image>-<number>``, so that each form is a data set of its own."""
        return folder / form / (_safe(self.record.label) or UNLABELLED) / (self.name + SUFFIX[form])


@dataclass(frozen=True)
class Request:
    """What is to be synthesized.

    Attributes:
        records: the images.
        per_image: samples of each.
        seed: of all draws; sample s of an image has a seed of its own from
            this one, the image's id and s.
        forms: in which each video is written.
        fps: frames per second.
        batch: images continued at once.
    """

    records: Sequence[Record]
    per_image: int
    seed: int
    forms: tuple[Form, ...]
    fps: int
    batch: int

    def videos(self) -> list[Video]:
        """All videos, image by image."""
        return [
            Video(record, number, derive(self.seed, record.id, number), f"{name}-{number}")
            for record, name in zip(self.records, _names(self.records), strict=True)
            for number in range(self.per_image)
        ]


def synthesize(
    trained: Trained,
    request: Request,
    cache: Cache,
    folder: Path,
    report: Callable[[int, int], None],
) -> Path:
    """Write the videos, their groups, a manifest and a contact sheet.

    Called again on the folder of a killed call, it makes what is missing;
    the files are the same.

    Args:
        folder: new or empty, or an earlier call's with the same request.
        report: called with videos done and their total.

    Returns:
        The contact sheet: images with their videos.

    Raises:
        BenchError: the folder holds something else, an image cannot be
            read, the generator reads labels that are unknown, or a file
            cannot be written.
    """
    videos = request.videos()
    _refuse_unknown_labels(trained, request.records)
    manifest = json.dumps(_manifest(trained, request, videos), indent=1, sort_keys=True)
    _claim(folder, manifest)
    missing = [v for v in videos if not all(v.path(folder, f).is_file() for f in request.forms)]
    for start in range(0, len(missing), request.batch):
        report(len(videos) - len(missing) + start, len(videos))
        chosen = missing[start : start + request.batch]
        for video, clip in zip(chosen, _sampled(trained, chosen, cache), strict=True):
            for form in request.forms:
                write_video(clip, video.path(folder, form), form, request.fps)
    report(len(videos), len(videos))
    for form in request.forms:
        _write_groups(folder, form, videos)
    contact_sheet(_rows(trained, request, videos, cache), folder / SHEET)
    return folder / SHEET


def _sampled(trained: Trained, chosen: Sequence[Video], cache: Cache) -> np.ndarray:
    """uint8 (B, C, T, H, W)."""
    classes = trained.classes
    stills = Stills(
        images=torch.stack([still_of(v.record, trained.settings, cache) for v in chosen]),
        seeds=[v.seed for v in chosen],
        labels=[
            classes.index(v.record.label) if v.record.label in classes else None for v in chosen
        ],
        classes=classes,
        records=[StillSource(v.record, trained.settings) for v in chosen],
    )
    return to_bytes(sample(trained.generator, stills, trained.settings.frames))


def _refuse_unknown_labels(trained: Trained, records: Sequence[Record]) -> None:
    if not trained.generator.reads_labels:
        return
    for record in records:
        if record.label not in trained.classes:
            raise BenchError(
                f"{record.id}: class '{record.label}' is none of those that "
                f"'{trained.generator.name}' was trained on ({', '.join(trained.classes)}), "
                "and it reads labels; put the image into a folder of its class, or leave it out"
            )


def _manifest(trained: Trained, request: Request, videos: Sequence[Video]) -> dict[str, Any]:
    return {
        **trained.origin,
        "clip": trained.settings.model_dump(mode="json"),
        "seed": request.seed,
        "fps": request.fps,
        "forms": list(request.forms),
        "videos": [
            {
                "image": v.record.id,
                "sha256_of_image": v.record.fingerprint,
                "label": v.record.label,
                "group": v.record.group,
                "sample": v.number,
                "seed": v.seed,
                "files": [v.path(Path(), form).as_posix() for form in request.forms],
            }
            for v in videos
        ],
    }


def _claim(folder: Path, manifest: str) -> None:
    """Take a folder that is new, empty, or was begun by the same request."""
    path = folder / MANIFEST
    try:
        if path.is_file():
            if path.read_text(encoding="utf-8") != manifest:
                raise BenchError(
                    f"{folder}: holds videos of another request ({MANIFEST}); "
                    "choose another folder, or remove it"
                )
        elif folder.exists() and any(folder.iterdir()):
            raise BenchError(f"{folder}: is not empty; choose a new folder")
        else:
            write_atomically(path, manifest)
    except OSError as error:
        raise BenchError(f"{folder}: cannot be written: {error.strerror or error}") from None


def _write_groups(folder: Path, form: Form, videos: Sequence[Video]) -> None:
    """``groups.csv``, so that the folder reader keeps a patient's videos on one side."""
    root = folder / form
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["id", "group"])
    for video in videos:
        table.writerow([video.path(folder, form).relative_to(root).as_posix(), video.record.group])
    write_atomically(root / "groups.csv", text.getvalue())


def _rows(
    trained: Trained, request: Request, videos: Sequence[Video], cache: Cache
) -> Iterator[tuple[str, Any]]:
    """Some images, evenly chosen, each with its first videos, sampled once more."""
    n = len(request.records)
    images = np.unique(np.linspace(0, n - 1, min(_SHOWN, n)).round().astype(int))
    k = request.per_image
    for i in images:
        shown = videos[i * k : i * k + min(k, _SAMPLES)]
        for video, clip in zip(shown, _sampled(trained, shown, cache), strict=True):
            label = f"{video.record.label}: " if video.record.label else ""
            yield f"{label}{video.record.id}, sample {video.number}", clip


def _names(records: Sequence[Record]) -> list[str]:
    """A file name for each image: its stem, or its whole id where stems repeat in a class."""
    stems = [_safe(PurePosixPath(r.id).stem) for r in records]
    places = [(r.label, stem.casefold()) for r, stem in zip(records, stems, strict=True)]
    often = Counter(places)
    return [
        stem if often[place] == 1 and stem else _safe(record.id)
        for record, stem, place in zip(records, stems, places, strict=True)
    ]


def _safe(text: str) -> str:
    """A part of a path that names a file and leads nowhere."""
    return re.sub(r"[/\\\0:]", "_", text).lstrip(".")
