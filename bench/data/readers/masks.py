"""Masks: images beside an image or a video that mark what matters in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.data.image import read_image
from bench.data.readers.boxes import union
from bench.data.readers.record import FileRecord
from plugins.dataset import Box
from plugins.errors import DataError


class MaskedRecord(FileRecord):
    """One video or image on disk, with its masks.

    Attributes:
        masks: image files of the size of its frames; they are read when the
            region is asked for, and what is not black in them is marked.
    """

    def __init__(
        self, path: Path, id: str, group: str, label: str, masks: Sequence[Path] = ()
    ) -> None:
        super().__init__(path, id, group, label)
        self.masks = tuple(masks)
        self._read = False

    def region(self) -> Box | None:
        """The box around all that the masks mark; None where they mark nothing.

        Raises:
            DataError: a mask cannot be read, or has another size than the
                image, or than the video's first frame.
        """
        if self.masks and not self._read:
            height, width = next(self.stream()).shape[:2]
            marked = [mask_box(mask, (width, height), self.path) for mask in self.masks]
            self.box = union(box for box in marked if box)
            self._read = True
        return self.box


def mask_box(mask: Path, size: tuple[int, int], of: Path) -> Box | None:
    """The box around all pixels of a mask that are not black.

    Args:
        mask: an image of any number of channels; transparent is black.
        size: the width and height that it must have.
        of: what it is the mask of, for the message.

    Raises:
        DataError: it cannot be read, or has another size.
    """
    marked = read_image(mask).any(axis=2)
    if marked.shape != size[::-1]:
        raise DataError(
            f"{mask}: is {marked.shape[1]}x{marked.shape[0]}, but {of}, whose mask it is, "
            f"is {size[0]}x{size[1]}; copy both again, or leave the mask out with 'exclude'"
        )
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if not len(rows):
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
