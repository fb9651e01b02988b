"""The stills of a split as PNG files, and the table of the videos that are to be made of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image as Picture

from bench.cells.part import Part
from bench.cells.sampling import to_bytes
from bench.cells.synthesize import sample_seed
from bench.experiment import Synthesis
from bench.export.linked import linked
from plugins.types import Image


class Written(NamedTuple):
    """How many stills there are, and how many videos are to be made of them."""

    stills: int
    videos: int


class StillWriter:
    """Writes every still once; in further splits it is linked.

    Args:
        cache: the folder of decoded videos and images.
        synthesis: how many videos are made of each.
        labels: tell the class of each still.
    """

    def __init__(self, cache: Path, synthesis: Synthesis, labels: bool) -> None:
        self._cache, self._labels = cache, labels
        self._samples = {"images": synthesis.per_image, "videos": synthesis.per_test_video}
        self._written: dict[tuple[str, str], Path] = {}

    def write(self, parts: Sequence[Part], seed: int, folder: Path) -> Written:
        """``images/``, ``stills.csv`` with a row per video to be made, and an empty ``videos/``.

        Files are numbered, so that their names are safe; in the order of the
        seeds, since that of the ids may tell the class.

        Args:
            parts: what is continued.
            seed: of the replicate's samples.
            folder: the split's.

        Raises:
            DataError: an image cannot be read.
            OSError: a file cannot be written.
        """
        (folder / "images").mkdir()
        (folder / "videos").mkdir()
        n_stills = n_videos = 0
        with (folder / "stills.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            columns = ["set", "id", "sample", "seed", "image", "video"]
            table.writerow(columns + ["class"] * self._labels)
            for part in parts:
                for id, label, image in self._stills(part, seed):
                    name = f"{n_stills:05d}"
                    path = f"images/{name}.png"
                    self._put((part.which, id), image, folder / path)
                    for s in range(self._samples[part.which]):
                        row = [part.which, id, s, sample_seed(seed, id, s), path]
                        table.writerow([*row, f"videos/{name}-{s}", *[label] * self._labels])
                        n_videos += 1
                    n_stills += 1
        return Written(n_stills, n_videos)

    def _stills(self, part: Part, seed: int) -> Iterator[tuple[str, str, Image]]:
        """Id, class and pixels of each still, in the order of the seeds of their first samples."""
        both = zip(part.records(), part.stills(self._cache), strict=True)
        for record, still in sorted(both, key=lambda one: sample_seed(seed, one[0].id, 0)):
            yield record.id, record.label, still.image

    def _put(self, key: tuple[str, str], image: Image, path: Path) -> None:
        if key in self._written:
            linked(self._written[key], path)
            return
        pixels = to_bytes(image[None, :, None])[0, :, 0].transpose(1, 2, 0)
        grey = pixels.shape[2] == 1
        Picture.fromarray(np.ascontiguousarray(pixels[..., 0] if grey else pixels)).save(path)
        self._written[key] = path
