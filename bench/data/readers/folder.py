"""The reader for folders: one folder per class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from bench.data import decode
from bench.data.readers.groups import GROUPS, regroup
from bench.data.readers.layout import (
    Exclusions,
    among,
    folder_of,
    id_of,
    listed,
    listed_or_fault,
    naming_problem,
    refuse,
    some,
)
from bench.data.readers.record import FileRecord
from bench.data.readers.regions import REGIONS, read_regions
from plugins.dataset import Box, Dataset, Record, Which
from plugins.errors import DataError

Kind = Literal["video", "image"]


class Folder(Dataset):
    """Any data laid out as one folder per class; its source and licence are the user's to know.

    Videos are ``root/<class>/<video file, or folder of frames>``, images
    are ``root/<class>/<image file>``. A ``.npy`` file is a video: uint8 (T,
    H, W, C). The folder's name is the class, the path from the root is the
    id. Hidden files are ignored, and so are
    loose text files in the root; anything else that does not belong is
    an error, never skipped.

    A file ``groups.csv`` in the root, with the columns ``id`` and
    ``group``, says what must stay on one side of a split (a patient).
    Without it each file is a group of its own. Where videos and images
    both have one, the same group is the same patient.

    A file ``regions.csv`` in the root, with the columns ``id``, ``left``,
    ``top``, ``width`` and ``height`` in pixels, says where the lesion is,
    or whatever matters. Several rows of one id are one box around all of
    them; an id that it does not name has no region.
    """

    name = "folder"

    exclude: tuple[str, ...] = ()
    """Patterns (``*_mask*``) of ids, file names or classes to leave out; each must match one."""

    def videos(self) -> Sequence[Record]:
        """The videos, in natural order of class and id."""
        return self._records("video")

    def images(self) -> Sequence[Record]:
        """The images, in natural order of class and id."""
        return self._records("image")

    def holds(self) -> tuple[Which, ...]:
        """Videos, images or both, by what lies in the class folders; both where nothing does."""
        root, exclusions = self._root(), Exclusions(self.exclude)
        entries = [
            path
            for folder in _classes(root, exclusions, [])
            for path in listed_or_fault(folder, [])
            if not exclusions.match(id_of(path, root))
        ]
        images = any(decode.is_image(path) and not path.is_dir() for path in entries)
        videos = any(decode.is_video(path) or path.is_dir() for path in entries)
        if images == videos:
            return ("videos", "images")
        return ("images",) if images else ("videos",)

    def group_space(self) -> str:
        """Whatever has a groups.csv names patients by hand: the same name is the same patient."""
        named = self.root and (Path(self.root).expanduser() / GROUPS).exists()
        return GROUPS if named else ""

    def notes(self) -> list[str]:
        """What regions.csv names in vain."""
        root = self._root()
        regions = read_regions(root / REGIONS)
        folders = [path for path in listed(root) if path.is_dir()] if regions else []
        there = {id_of(path, root) for folder in folders for path in listed_or_fault(folder, [])}
        lost = [id for id in regions if id not in there]
        if not lost:
            return []
        return [f"{REGIONS} names {len(lost)} ids that are not there: {some(lost)}"]

    def _records(self, kind: Kind) -> list[FileRecord]:
        root = self._root()
        faults: list[str] = []
        exclusions = Exclusions(self.exclude)
        regions = read_regions(root / REGIONS)
        records = [
            record
            for folder in _classes(root, exclusions, faults)
            for record in _class_records(folder, kind, regions, exclusions, faults)
        ]
        faults += exclusions.unused(root)
        with among(faults):
            regroup(records, root / GROUPS)
        refuse(f"{root}: cannot be read as a folder of {kind}s", faults, records)
        return records

    def _root(self) -> Path:
        if not self.root:
            raise DataError("the folder reader needs a folder: write 'folder:/path/to/data'")
        return folder_of(self.root, "give the folder that holds one folder per class")


def _classes(root: Path, exclusions: Exclusions, faults: list[str]) -> list[Path]:
    """The class folders; media that lie beside them are faults."""
    entries = [path for path in listed(root) if not exclusions.match(id_of(path, root))]
    folders = [path for path in entries if path.is_dir()]
    if not folders:
        raise DataError(
            f"{root}: holds no class folders; the layout is <root>/<class>/<video or image>"
        )
    for path in entries:
        if not path.is_dir() and (decode.is_image(path) or decode.is_video(path)):
            faults.append(f"{path}: lies in no class folder; move it into one")
        elif problem := naming_problem(path):
            faults.append(problem)
    return folders


def _class_records(
    folder: Path,
    kind: Kind,
    regions: Mapping[str, Box],
    exclusions: Exclusions,
    faults: list[str],
) -> list[FileRecord]:
    """The records of a class; what else lies in its folder is a fault."""
    n_faults = len(faults)
    root = folder.parent
    entries = listed_or_fault(folder, faults)
    kept = [path for path in entries if not exclusions.match(id_of(path, root))]
    if not kept and len(faults) == n_faults:
        why = f"all {len(entries)} files are excluded" if entries else "it is empty"
        faults.append(f"{folder}: a class without {kind}s: {why}; fill or exclude it")
    records: list[FileRecord] = []
    for path in kept:
        if problem := naming_problem(path) or _problem(path, kind):
            faults.append(problem)
            continue
        id = id_of(path, root)
        group = id if path.is_dir() else id.removesuffix(path.suffix)
        records.append(FileRecord(path, id, group, folder.name, regions.get(id)))
    return records


def _problem(path: Path, kind: Kind) -> str:
    """Why an entry of a class folder is no video (or image); empty where it is one."""
    if path.is_dir():
        if kind == "image":
            return f"{path}: is a folder, not an image"
        try:
            listed(path)  # says so where the folder cannot be looked into
            decode.frame_files(path)
        except DataError as error:
            return str(error)
        return ""
    if not path.is_file():
        return f"{path}: is not a file"
    if decode.is_image(path):
        return "" if kind == "image" else f"{path}: is an image; a video is a file or a folder"
    if decode.is_video(path):
        return "" if kind == "video" else f"{path}: is a video, not an image"
    return f"{path}: unknown kind of file '{path.suffix or path.name}'"
