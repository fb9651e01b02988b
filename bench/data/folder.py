"""The reader for folders: one folder per class."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from bench.data import decode
from bench.data.files import natural
from plugins.dataset import Dataset, Record
from plugins.errors import DataError
from plugins.types import Frames

GROUPS = "groups.csv"


class FileRecord(Record):
    """One video or image of a folder.

    Attributes:
        path: a video file, a folder of frames, or an image file.
    """

    def __init__(self, path: Path, id: str, group: str, label: str) -> None:
        self.path = path
        self.id = id
        self.group = group
        self.label = label
        self._fingerprint = ""

    def __repr__(self) -> str:
        return f"FileRecord({self.id!r}, group={self.group!r}, label={self.label!r})"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the bytes; read once."""
        if not self._fingerprint:
            self._fingerprint = decode.fingerprint(self.path)
        return self._fingerprint

    def frames(self) -> Frames:
        """Decode all frames."""
        return decode.frames(self.path)

    def stream(self) -> Iterator[Frames]:
        """Decode frame by frame, each (H, W, C), so that a long video fits in memory."""
        return decode.stream(self.path)

    def length_hint(self) -> int:
        """About how many frames there are; 0 where that takes decoding."""
        return decode.length_hint(self.path)


class Folder(Dataset):
    """Any data laid out as one folder per class; its source and licence are the user's to know.

    Videos are ``root/<class>/<video file, or folder of frames>``, images
    are ``root/<class>/<image file>``. The folder's name is the class, the
    path from the root is the id. Hidden files are ignored, and so are
    loose text files in the root; anything else that does not belong is
    an error, never skipped.

    A file ``groups.csv`` in the root, with the columns ``id`` and
    ``group``, says what must stay on one side of a split (a patient).
    Without it each file is a group of its own. Where videos and images
    both have one, the same group is the same patient.
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

    def group_space(self) -> str:
        """Whatever has a groups.csv names patients by hand: the same name is the same patient."""
        named = self.root and (Path(self.root).expanduser() / GROUPS).exists()
        return GROUPS if named else ""

    def _records(self, kind: Literal["video", "image"]) -> list[Record]:
        root = self._root()
        wrong: list[str] = []
        used: set[str] = set()
        records: list[Record] = []
        for folder in self._classes(root, used, wrong):
            entries = [p for p in _listed(folder) if not decode.is_ignored(p.name)]
            kept = [p for p in entries if not self._excluded(_id(p, root), used)]
            if not kept:
                left_out = f"all {len(entries)} files are excluded" if entries else "it is empty"
                wrong.append(f"{folder}: a class without {kind}s: {left_out}; fill or exclude it")
            for path in kept:
                problem = _problem(path, kind)
                if problem:
                    wrong.append(problem)
                else:
                    id = _id(path, root)
                    records.append(FileRecord(path, id, _stem(path, id), folder.name))
        wrong += [
            f"exclude = '{p}' matches nothing in {root}" for p in self.exclude if p not in used
        ]
        if wrong:
            raise DataError(
                f"{root}: cannot be read as a folder of {kind}s; mend what follows, "
                "or leave it out with 'exclude':\n  " + "\n  ".join(wrong)
            )
        _regroup(records, root / GROUPS)
        return records

    def _root(self) -> Path:
        if not self.root:
            raise DataError("the folder reader needs a folder: write 'folder:/path/to/data'")
        root = Path(self.root).expanduser()
        if not root.is_dir():
            what = "is a file, not a folder" if root.exists() else "does not exist"
            raise DataError(f"{root}: {what}; give the folder that holds one folder per class")
        return root

    def _classes(self, root: Path, used: set[str], wrong: list[str]) -> list[Path]:
        """The class folders; media that lie beside them are wrong."""
        entries = [p for p in _listed(root) if not decode.is_ignored(p.name)]
        entries = [p for p in entries if not self._excluded(_id(p, root), used)]
        folders = [p for p in entries if p.is_dir()]
        if not folders:
            raise DataError(
                f"{root}: holds no class folders; the layout is <root>/<class>/<video or image>"
            )
        for path in entries:
            if path not in folders and (decode.is_image(path) or decode.is_video(path)):
                wrong.append(f"{path}: lies in no class folder; move it into one")
        return folders

    def _excluded(self, id: str, used: set[str]) -> bool:
        parts = id.split("/")
        hits = {
            pattern
            for pattern in self.exclude
            if fnmatchcase(id, pattern) or any(fnmatchcase(part, pattern) for part in parts)
        }
        used |= hits
        return bool(hits)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda path: natural(path.name))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {error.strerror or error}") from None


def _id(path: Path, root: Path) -> str:
    # File systems differ in how they spell an accented letter; an id does not.
    return unicodedata.normalize("NFC", path.relative_to(root).as_posix())


def _stem(path: Path, id: str) -> str:
    return id if path.is_dir() else id.removesuffix(path.suffix)


def _problem(path: Path, kind: str) -> str:
    """Why an entry of a class folder is no video (or image); empty where it is one."""
    try:
        path.name.encode()
    except UnicodeEncodeError:
        return f"{path.name!r} in {path.parent}: the name is not valid UTF-8; rename it"
    if path.is_dir():
        if kind == "image":
            return f"{path}: is a folder, not an image"
        try:
            decode.frame_files(path)
        except DataError as error:
            return str(error)
        return ""
    if not (path.is_file() or path.is_symlink()):
        return f"{path}: is not a file"
    if decode.is_image(path):
        return "" if kind == "image" else f"{path}: is an image; a video is a file or a folder"
    if decode.is_video(path):
        return "" if kind == "video" else f"{path}: is a video, not an image"
    return f"{path}: unknown kind of file '{path.suffix or path.name}'"


def _regroup(records: list[Record], table: Path) -> None:
    """Give records the groups of groups.csv, where there is one."""
    if not table.exists():
        return
    groups: dict[str, str] = {}
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = {"id", "group"} - set(rows.fieldnames or ())
            if missing:
                raise DataError(f"{table}: lacks the column {' and '.join(sorted(missing))}")
            for row in rows:
                id = unicodedata.normalize("NFC", (row["id"] or "").strip())
                group = (row["group"] or "").strip()
                where = f"{table}, line {rows.line_num}"
                if not id or not group:
                    raise DataError(f"{where}: an id or a group is empty")
                if groups.setdefault(id, group) != group:
                    raise DataError(f"{where}: '{id}' stands in two groups")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{table}: cannot be read as CSV in UTF-8: {error}") from None
    lost = [record.id for record in records if record.id not in groups]
    if lost:
        shown = ", ".join(lost[:5]) + (" and more" if len(lost) > 5 else "")
        raise DataError(
            f"{table}: lacks {len(lost)} of {len(records)} ids: {shown}; "
            "an id is the path from the root, as in 'benign/a.mp4'"
        )
    for record in records:
        record.group = groups[record.id]
