"""What is to be synthesized: images, and for each the videos to be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.data.writer import SUFFIX, Form, is_written
from bench.synthesis.names import class_folder, file_names
from bench.synthesis.segments import n_segments, segment_seeds
from plugins.dataset import Record


@dataclass(frozen=True)
class Video:
    """One video to be made: sample ``number`` of an image.

    Attributes:
        seeds: of each segment.
        name: of its files, without a suffix.
    """

    record: Record
    number: int
    seeds: tuple[int, ...]
    name: str

    def path(self, folder: Path, form: Form) -> Path:
        """``<form>/<class>/<image>-<number>``, so that each form is a data set of its own."""
        return folder / form / class_folder(self.record.label) / (self.name + SUFFIX[form])


@dataclass(frozen=True)
class Request:
    """What is to be synthesized.

    Attributes:
        records: the images.
        per_image: samples of each.
        n_frames: of each video.
        clip_frames: of the generator's clips; longer videos take several.
        seed: of all draws; every segment of sample s of an image has a
            seed of its own from this one, the image's id, s and the
            segment.
        forms: in which each video is written.
        fps: frames per second.
        batch: images continued at once.
    """

    records: Sequence[Record]
    per_image: int
    n_frames: int
    clip_frames: int
    seed: int
    forms: tuple[Form, ...]
    fps: int
    batch: int

    @property
    def segments(self) -> int:
        """Clips that make a video."""
        return n_segments(self.n_frames, self.clip_frames)

    def videos(self) -> list[Video]:
        """All videos, image by image.

        Raises:
            BenchError: two images have one id, or two classes one folder.
        """
        return [
            Video(
                record,
                number,
                segment_seeds(self.seed, record.id, number, self.segments),
                f"{name}-{number}",
            )
            for record, name in zip(self.records, file_names(self.records), strict=True)
            for number in range(self.per_image)
        ]

    def is_made(self, video: Video, folder: Path) -> bool:
        """Whether a video is there in all forms."""
        return all(is_written(video.path(folder, f), f, self.n_frames) for f in self.forms)
