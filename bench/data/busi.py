"""The reader for BUSI: breast ultrasound images."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from bench.data import decode
from bench.data.files import natural
from bench.data.folder import FileRecord
from bench.data.layout import Exclusions, find_home, id_of, listed, nfc, shown, some, table
from plugins.dataset import Dataset, Record
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
    ``_mask.png``, ``_mask_1.png``, ... that are not read. Images only.

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

    def videos(self) -> Sequence[Record]:
        """None: BUSI holds still images only.

        Raises:
            DataError: always.
        """
        raise DataError("BUSI has no videos, only still images; name it under [images]")

    def images(self) -> Sequence[Record]:
        """The images without their masks, in natural order of class and id."""
        home = self._home()
        records: list[FileRecord] = []
        wrong: list[str] = []
        exclusions = Exclusions(self.exclude)
        for label in CLASSES:
            read = label != "normal" or self.normal
            # A pattern may speak of the class that is left out.
            found = _class_images(home, label, exclusions, wrong if read else [])
            if read and not found:
                wrong.append(f"{home / label}: no image '{label} (N).png' to read")
            ids = [(path, id_of(path, home)) for path in found if read]
            records += [FileRecord(path, id, id, label) for path, id in ids]
        wrong += _beside(home, exclusions) + exclusions.unused(home)
        if wrong:
            raise DataError(
                f"{home}: is not BUSI as published; mend what follows, or leave it out with "
                "'exclude':\n  " + "\n  ".join(wrong)
            )
        _regroup(records, home)
        return sorted(records, key=lambda record: natural(record.id))

    def notes(self) -> list[str]:
        """What was left out, and what is known of near-duplicates."""
        home = self._home()
        notes = []
        left_out = [] if self.normal else _class_images(home, "normal", Exclusions(()), [])
        if left_out:
            notes.append(
                f"BUSI: {len(left_out)} images of class normal are left out (normal = false)"
            )
        if not _table(home).exists():
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
        return find_home(self, LAYOUT, CLASSES[:2], FOLDER)


def _class_images(home: Path, label: str, exclusions: Exclusions, wrong: list[str]) -> list[Path]:
    """The images of a class; what else lies in its folder is added to `wrong`."""
    folder = home / label
    if not folder.is_dir():
        wrong.append(f"{folder}: the class folder is missing")
        return []
    images: dict[str, Path] = {}
    masks: list[tuple[str, Path]] = []
    kept: list[Path] = []
    for path in listed(folder):
        name = _NAME.fullmatch(path.name)
        excluded = exclusions.match(id_of(path, home))
        if name is None or name["label"] != label or path.is_dir():
            if not excluded:
                wrong.append(
                    f"{folder}: '{shown(path)}' is neither an image '{label} (N).png' nor its mask"
                )
        elif name["mask"]:
            if not excluded:
                masks.append((name["image"], path))
        else:
            images[name["image"]] = path
            kept += [] if excluded else [path]
    wrong += [
        f"{path}: a mask whose image '{image}.png' is missing; copy the data again"
        for image, path in masks
        if image not in images
    ]
    return kept


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
    inside, beside = home / "groups.csv", home.parent / "groups.csv"
    return beside if home.name == FOLDER and not inside.exists() else inside


def _regroup(records: list[FileRecord], home: Path) -> None:
    """Give records the groups of groups.csv, where there is one."""
    path = _table(home)
    rows = table(path, ("image", "duplicate_group"))
    if rows is None:
        return
    groups: dict[str, str] = {}
    for where, cells in rows:
        image, group = nfc(cells["image"]), cells["duplicate_group"]
        if not image or not group:
            raise DataError(f"{where}: an image or a duplicate_group is empty")
        if groups.setdefault(image, group) != group:
            raise DataError(f"{where}: '{image}' stands in two groups")
    lost = [record.id for record in records if _image(record) not in groups]
    if lost:
        raise DataError(f"{path}: lacks {len(lost)} of {len(records)} images: {some(lost)}")
    for record in records:
        record.group = f"duplicates {groups[_image(record)]}"
