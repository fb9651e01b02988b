"""What lies in a copy of BUSV: its videos, their groups, and their boxes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from bench.data import decode
from bench.data.files import natural
from bench.data.readers import cocovid
from bench.data.readers.boxes import union
from bench.data.readers.corrections import Corrections
from bench.data.readers.frame_folder import FrameFolder, frame_folder
from bench.data.readers.groups import GROUPS, regroup
from bench.data.readers.layout import Exclusions, among, id_of, listed, listed_or_fault, nfc
from bench.data.readers.record import FileRecord
from plugins.errors import DataError

FOLDER = "rawframes"
CLASSES = ("benign", "malignant")
PAIRS = (
    ("imagenet_vid_train_15frames.json", "imagenet_vid_val.json"),
    ("instances_imagenet_vid_train_15frames.json", "instances_imagenet_vid_val.json"),
    ("train.json", "val.json"),
)


@dataclass
class Listing:
    """The class folders of a copy, looked through.

    Attributes:
        videos: the ids of all videos, those left out and faulty ones among them.
        excluded: those of them that the user leaves out.
        folders: by id, those whose frames are in order.
        faults: what is wrong, a line each.
    """

    videos: list[str] = field(default_factory=list)
    excluded: set[str] = field(default_factory=set)
    folders: dict[str, FrameFolder] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass
class Survey:
    """A copy of BUSV, listed.

    Attributes:
        listing: its class folders.
        records: the videos to read, corrected, with their regions.
        groups: whether groups.csv told the groups.
        files: the annotation files.
        boxes: what they hold.
    """

    listing: Listing
    records: list[FileRecord]
    groups: bool
    files: list[Path]
    boxes: cocovid.Boxes


def survey(
    home: Path, places: Sequence[Path], exclusions: Exclusions, corrections: Corrections | None
) -> Survey:
    """List a copy of BUSV.

    Args:
        home: the folder that holds the class folders.
        places: folders where tables and annotations may lie.
        exclusions: what to leave out.
        corrections: of published errors.

    Raises:
        DataError: a table or an annotation file cannot be read.
    """
    listing = _listing(home, exclusions)
    table = table_of(places)
    records = _records(listing, table, corrections)
    files = _annotation_files(places)
    boxes = cocovid.Boxes()
    videos = _videos(listing, records) if files else {}
    for path in files:
        boxes.add(cocovid.read(path), videos)
    for record in records:
        record.box = union(boxes.sound.get(record.id, ()))
    return Survey(listing, records, table is not None, files, boxes)


def table_of(places: Sequence[Path]) -> Path | None:
    """The first groups.csv in the places, if any."""
    paths = [place / GROUPS for place in places]
    return next(filter(os.path.lexists, paths), None)


def _listing(home: Path, exclusions: Exclusions) -> Listing:
    listing = Listing()
    for label in CLASSES:
        _list_class(home / label, exclusions, listing)
    listing.faults += [
        f"{path}: does not belong; the class folders are {', '.join(CLASSES)}"
        for path in listed(home)
        if path.name not in CLASSES
        and (path.is_dir() or decode.is_image(path) or decode.is_video(path))
        and path.name != "annotations"
        and not exclusions.match(nfc(path.name))
    ]
    listing.faults += exclusions.unused(home)
    return listing


def _list_class(folder: Path, exclusions: Exclusions, listing: Listing) -> None:
    left_out, n_faults = exclusions.match(folder.name), len(listing.faults)
    if not folder.is_dir():
        listing.faults += [] if left_out else [f"{folder}: the class folder is missing"]
        return
    entries = listed_or_fault(folder, listing.faults)
    kept = 0
    for path in entries:
        id = id_of(path, folder.parent)
        listing.videos.append(id)
        excluded = exclusions.match(id)
        kept += not excluded
        listing.excluded |= {id} if excluded else set()
        try:
            listing.folders[id] = frame_folder(path, "000000.png")
        except DataError as error:
            listing.faults += [] if excluded else [str(error)]
    if not (kept or left_out) and len(listing.faults) == n_faults:
        why = f"all {len(entries)} are excluded" if entries else "it is empty"
        listing.faults.append(f"{folder}: a class without videos: {why}; fill or exclude it")


def _records(
    listing: Listing, table: Path | None, corrections: Corrections | None
) -> list[FileRecord]:
    """The videos to read, corrected and grouped, in natural order."""
    records = [
        FileRecord(folder.path, id, group=id, label=_class_of(id))
        for id, folder in listing.folders.items()
        if id not in listing.excluded
    ]
    if corrections:
        records = corrections.kept(records)
    if table:
        with among(listing.faults):
            regroup(records, table)
    if corrections:
        corrections.apply(records)
    return sorted(records, key=lambda record: natural(record.id))


def _class_of(id: str) -> str:
    """The class as published."""
    return id.partition("/")[0]


def _annotation_files(places: Sequence[Path]) -> list[Path]:
    """The files of the first pair of which at least one is there."""
    for place in places:
        for folder in (place, place / "annotations"):
            for pair in PAIRS:
                found = [folder / name for name in pair if os.path.lexists(folder / name)]
                if found:
                    return found
    return []


def _videos(listing: Listing, records: Sequence[FileRecord]) -> dict[str, cocovid.Video | None]:
    """What boxes are compared with; nothing for videos that are left out or faulty."""
    corrected = {record.id: record.label for record in records}
    videos: dict[str, cocovid.Video | None] = dict.fromkeys(listing.videos)
    for id, folder in listing.folders.items():
        if id not in listing.excluded:
            videos[id] = cocovid.Video(
                frames=frozenset(frame.name for frame in folder.frames),
                size=_size(folder.frames[0]),
                # As published or as corrected: annotations may have been mended, too.
                labels=frozenset({_class_of(id), corrected.get(id, _class_of(id))}),
            )
    return videos


def _size(image: Path) -> tuple[int, int] | None:
    """Width and height by the file's header."""
    try:
        with Image.open(image) as opened:
            return opened.size
    except Exception:  # decoding says what is wrong
        return None
