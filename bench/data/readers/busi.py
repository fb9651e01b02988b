"""The reader for BUSI: breast ultrasound images."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from bench.data import decode
from bench.data.files import natural
from bench.data.readers.groups import read_groups
from bench.data.readers.layout import (
    Exclusions,
    among,
    find_home,
    holding,
    id_of,
    listed,
    listed_or_fault,
    naming_problem,
    refuse,
    shown,
    some,
)
from bench.data.readers.masks import MaskedRecord
from bench.data.readers.table import table_places
from plugins.dataset import Dataset, Record, Which
from plugins.errors import DataError

FOLDER = "Dataset_BUSI_with_GT"
CLASSES = ("benign", "malignant", "normal")
LAYOUT = (
    f"{FOLDER}, or the folder that holds it, with the folders benign and malignant "
    "and in them 'benign (1).png', 'benign (1)_mask.png' and so on"
)

_NAME = re.compile(r"(?P<image>(?P<label>[a-z]+) \([0-9]+\))(?P<mask>_mask(_[0-9]+)?)?\.png", re.I)


class Busi(Dataset):
    """BUSI, 780 breast ultrasound images: 437 benign, 210 malignant, 133 normal.

    W. Al-Dhabyani, M. Gomaa, H. Khaled, A. Fahmy: Dataset of breast
    ultrasound images. Data in Brief 28 (2020) 104863,
    doi:10.1016/j.dib.2019.104863; Baheya Hospital, Cairo. Cite it.

    Licence: the article is CC BY 4.0 and the images are passed on under
    it elsewhere (BreastMNIST); the archive itself holds no licence text.

    To obtain it, follow the article's link to the archive and unpack it:
    ``Dataset_BUSI_with_GT/<class>/<class> (N).png``, with masks
    ``_mask.png``, ``_mask_1.png``, ... Images only. An image's region is
    the box around all that its masks mark; it has none where there are
    no masks, or black ones, as those of the class normal are.

    There are no patient ids, and about 195 pairs of images are nearly
    the same, some across classes: benign (433) is malignant (145), benign
    (131) is benign (42) and malignant (51). So each image is a group of
    its own, unless a file ``groups.csv``, in the class folders' parent or
    beside ``Dataset_BUSI_with_GT``, says which belong together: columns
    ``image`` (``benign (1).png``) and ``duplicate_group``. Many images
    show calipers or text.
    """

    name: ClassVar[str] = "busi"

    normal: bool = False
    """Read the class normal (no lesion) too; otherwise it is left out, and noted."""

    exclude: tuple[str, ...] = ()
    """Patterns (``benign (433).png``) of ids or file names to leave out; each must match one."""

    def holds(self) -> tuple[Which, ...]:
        """Images only."""
        return ("images",)

    def videos(self) -> Sequence[Record]:
        """None: BUSI holds still images only.

        Raises:
            DataError: always.
        """
        raise DataError("BUSI has no videos, only still images; name it under [images]")

    def images(self) -> Sequence[Record]:
        """The images, with their masks aside, in natural order of class and id."""
        home = self._home()
        records: list[MaskedRecord] = []
        faults: list[str] = []
        exclusions = Exclusions(self.exclude)
        for label in CLASSES:
            read = label != "normal" or self.normal
            # A pattern may speak of the class that is left out.
            found = _class_records(home, label, exclusions, faults if read else [])
            records += found if read else []
        faults += _beside(home, exclusions) + exclusions.unused(home)
        with among(faults):
            _regroup(records, home)
        records.sort(key=lambda record: natural(record.id))
        refuse(f"{home}: is not BUSI as published", faults, records)
        return records

    def notes(self) -> list[str]:
        """What was left out, and what is known of near-duplicates."""
        home = self._home()
        notes = []
        left_out = [] if self.normal else _class_records(home, "normal", Exclusions(()), [])
        if left_out:
            notes.append(
                f"BUSI: {len(left_out)} images of class normal are left out (normal = false)"
            )
        if not os.path.lexists(_table(home)):
            return [
                *notes,
                "BUSI has no patient ids, and no groups.csv says which of its images are nearly "
                "the same; about 195 pairs are, some across classes",
            ]
        members: dict[str, list[Record]] = {}
        for record in self.images():
            members.setdefault(record.group, []).append(record)
        several = sum(len(records) > 1 for records in members.values())
        notes.append(
            f"BUSI has no patient ids; its images are in {len(members)} groups of "
            f"near-duplicates, {several} of them with more than one image"
        )
        mixed = [
            " = ".join(_image(record) for record in records)
            for records in members.values()
            if len({record.label for record in records}) > 1
        ]
        if mixed:
            notes.append(f"BUSI: near-duplicates that carry different classes: {some(mixed)}")
        return notes

    def _home(self) -> Path:
        return find_home(self, LAYOUT, holding(CLASSES[:2]), (FOLDER,))


def _class_records(
    home: Path, label: str, exclusions: Exclusions, faults: list[str]
) -> list[MaskedRecord]:
    """The images of a class with their masks; what else lies in its folder is a fault."""
    folder = home / label
    if not folder.is_dir():
        faults.append(f"{folder}: the class folder is missing")
        return []
    n_faults = len(faults)
    images: dict[str, Path] = {}
    excluded: set[str] = set()
    masks: dict[str, list[Path]] = {}
    for path in listed_or_fault(folder, faults):
        name = _NAME.fullmatch(path.name)
        left_out = exclusions.match(id_of(path, home))
        belongs = name is not None and name["label"] == label and not path.is_dir()
        if name and belongs and not name["mask"]:
            images[name["image"]] = path
            excluded |= {name["image"]} if left_out else set()
        elif name and belongs and not left_out:
            masks.setdefault(name["image"], []).append(path)
        elif not left_out:
            problem = f"'{shown(path)}' is neither an image '{label} (N).png' nor its mask"
            faults.append(f"{folder}: {problem}")
    records = []
    for image in sorted(images.keys() | masks.keys(), key=natural):
        if problems := _problems(image, images, masks.get(image, []), image in excluded):
            faults += problems
        elif image not in excluded:
            id = id_of(images[image], home)
            records.append(MaskedRecord(images[image], id, id, label, masks.get(image, [])))
    if not records and len(faults) == n_faults:
        faults.append(f"{folder}: no image '{label} (N).png' to read")
    return records


def _problems(image: str, images: dict[str, Path], masks: list[Path], excluded: bool) -> list[str]:
    """What is wrong with an image or its masks."""
    if image not in images:
        return [
            f"{mask}: a mask whose image '{image}.png' is missing; copy the data again"
            for mask in masks
        ]
    read = [] if excluded else [images[image], *masks]
    return [problem for problem in map(naming_problem, read) if problem]


def _beside(home: Path, exclusions: Exclusions) -> list[str]:
    """Complaints about images, and folders that are no class, beside the class folders."""
    return [
        f"{path}: does not belong; the class folders are {', '.join(CLASSES)}"
        for path in listed(home)
        if path.name not in CLASSES
        and (path.is_dir() or decode.is_image(path))
        and not exclusions.match(id_of(path, home))
    ]


def _image(record: Record) -> str:
    return record.id.rpartition("/")[2]


def _table(home: Path) -> Path:
    places = table_places(home, FOLDER, str(home))
    inside, beside = home / "groups.csv", places[0] / "groups.csv"
    return inside if os.path.lexists(inside) else beside


def _regroup(records: list[MaskedRecord], home: Path) -> None:
    """Give records the groups of groups.csv, where there is one."""
    path = _table(home)
    groups = read_groups(path, "image", "duplicate_group")
    if groups is None:
        return
    lost = [record.id for record in records if _image(record) not in groups]
    if lost:
        raise DataError(f"{path}: lacks {len(lost)} of {len(records)} images: {some(lost)}")
    for record in records:
        record.group = f"duplicates {groups[_image(record)]}"
