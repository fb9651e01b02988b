"""The reader for POCUS: lung ultrasound videos and images."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal

from pydantic import Field

from bench.data import decode
from bench.data.files import natural
from bench.data.folder import FileRecord
from bench.data.layout import Exclusions, Row, find_home, id_of, listed, nfc, shown, some, table
from plugins.dataset import Dataset, Record
from plugins.errors import DataError

Kind = Literal["video", "image"]
Label = Literal["healthy", "pneumonia", "covid", "viral"]
Probe = Literal["convex", "linear"]

FOLDERS: dict[str, Kind] = {"pocus_videos": "video", "pocus_images": "image"}
PROBES = ("convex", "linear")
UNCERTAIN = "label_uncertain"
LAYOUT = (
    "the folder data of covid19_ultrasound, or the folder that holds it, with "
    "pocus_videos/convex, pocus_images/convex and so on"
)

_PREFIX = re.compile(r"(cov|pneu|vir|reg)(?![^\W\d_])", re.I)
_LABELS = {"cov": "covid", "pneu": "pneumonia", "vir": "viral", "reg": "healthy"}
_TABLE_LABELS = {
    "covid-19": "covid",
    "bacterial pneumonia": "pneumonia",
    "viral pneumonia": "viral",
    "regular": "healthy",
    "healthy": "healthy",
}
_PERMISSIVE = re.compile(r"CC[ -]BY([ -][0-9.]+)?", re.I)
_NO_PATIENT = frozenset({"", "-", "?", "nd", "na", "n/a", "none", "unknown"})
_BATCH = re.compile(r"(?:\b(?P<date>[0-9]{4}) )?(?P<kind>case|pat|set)(?P<number>[0-9]+)")


@dataclass
class Item:
    """One file, and what its name and the tables say of it.

    Attributes:
        path: the file.
        id: its path from the folder that holds ``pocus_videos``.
        kind: video or image.
        probe: the folder that it lies in.
        label: the class.
        named: the class by its name; empty where the name tells none.
        licence: empty where no table tells it.
        keys: what tells it from other patients' files: see `Pocus`.
        group: what must stay on one side of a split.
    """

    path: Path
    id: str
    kind: Kind
    probe: str
    label: str = ""
    named: str = ""
    licence: str = ""
    keys: list[str] = field(default_factory=list)
    group: str = ""

    @property
    def permissive(self) -> bool:
        """Whether it is known to be under CC BY."""
        return bool(_PERMISSIVE.fullmatch(self.licence))


@dataclass
class Survey:
    """All files, of every class, probe and licence, and how they were grouped."""

    home: Path
    items: list[Item]
    n_uncertain: int
    rule: str


class Pocus(Dataset):
    """POCUS, lung ultrasound from many sources: about 180 videos and 60 images.

    J. Born, N. Wiedemann, M. Cossio, C. Buhre, G. Brändle, K. Leidermann,
    J. Goulet, A. Aujayeb, M. Moor, B. Rieck, K. Borgwardt: Accelerating
    Detection of Lung Pathologies with Explainable Ultrasound Image
    Analysis. Applied Sciences 11(2) (2021) 672. Cite it.

    To obtain it, clone github.com/jannisborn/covid19_ultrasound and give
    its folder ``data``: ``pocus_videos/<probe>/<file>``,
    ``pocus_images/<probe>/<file>`` and ``dataset_metadata.csv``.

    Licence: each file has its own, named in ``dataset_metadata.csv``; most
    are CC BY or CC BY-NC (not for commercial use), some have none.

    Classes are told by the file's name: Reg is healthy, Pneu pneumonia
    (bacterial), Cov covid, Vir viral (viral pneumonia). A column ``label``
    of ``clips.csv`` (videos) or ``images.csv`` (images) in the root goes
    before the name. ``label_uncertain`` is never read.

    Groups of videos are the column ``group`` of ``clips.csv`` (by
    ``path``), where it is there. Otherwise videos are one group that share
    a patient number of ``dataset_metadata.csv``, or a case, patient or set
    that their names tell (``northumbria_0409_set3``, ``liftl_case2``,
    ``pat2``; of Avi's a series of one class), directly or by others
    between them: upstream numbers clips of one set singly. A video with
    neither is grouped with all such videos of its contributor, the first
    word of the name. An image is in a video's group where number or set
    are the same; else in a group of its own, ``still ...``. Groups of
    videos that one image belongs to are one group, whatever told them apart.
    """

    name: ClassVar[str] = "pocus"

    classes: tuple[Label, ...] = Field(("healthy", "pneumonia"), min_length=1)
    """Classes to read; covid and viral have few patients, and sources of their own."""

    probes: tuple[Probe, ...] = Field(("convex",), min_length=1)
    """Probes to read; convex alone, as in the published experiments, or linear too."""

    permissive_only: bool = False
    """Read only what a table says is CC BY; needs clips.csv, images.csv or dataset_metadata.csv."""

    exclude: tuple[str, ...] = ()
    """Patterns of ids or file names to leave out; each must match a video or an image."""

    def videos(self) -> Sequence[Record]:
        """The videos, in natural order of id.

        Raises:
            DataError: the layout or a table is wrong, or a class is empty.
        """
        return self._records("video")

    def images(self) -> Sequence[Record]:
        """The still images, in natural order of id; a class may have none.

        Raises:
            DataError: the layout or a table is wrong, or there is none.
        """
        return self._records("image")

    def group_space(self) -> str:
        """The folder that holds ``pocus_videos``, however the root was given."""
        return f"{self.name}:{find_home(self, LAYOUT, FOLDERS, 'data').resolve()}"

    def notes(self) -> list[str]:
        """What was left out, how groups were told, and who may be on both sides."""
        survey = self._survey()
        videos, images = self._chosen(survey, "video"), self._chosen(survey, "image")
        notes = []
        if survey.n_uncertain:
            notes.append(
                f"POCUS: {survey.n_uncertain} files in {UNCERTAIN} are left out: "
                "their diagnosis is not known"
            )
        if self.permissive_only:
            wanted = [item for item in survey.items if self._wanted(item)]
            n, unknown = (
                sum(not item.permissive for item in wanted),
                sum(not item.licence for item in wanted),
            )
            notes.append(
                f"POCUS: {n} of {len(wanted)} files are left out, as they are not CC BY "
                f"(of {unknown} no licence is known)"
            )
        else:
            counts = Counter(item.licence or "licence unknown" for item in videos + images)
            told = ", ".join(f"{licence} ({n})" for licence, n in sorted(counts.items()))
            notes.append(f"POCUS: licences of the files read: {told}")
        other = [
            f"{item.id} ({item.label})"
            for item in videos + images
            if item.named and item.named != item.label
        ]
        if other:
            notes.append(f"POCUS: the table's class goes before the file name's: {some(other)}")
        if videos:
            notes.append(f"POCUS: groups of videos are told by {survey.rule}")
            notes.append(
                "POCUS: class goes with contributor (codec, frame size, tint), so that a "
                "classifier may recognize the source"
            )
        if images:
            shared = sum(not item.group.startswith("still ") for item in images)
            notes.append(
                f"POCUS: {shared} of {len(images)} still images are known to be of a video's "
                "group; the others carry no patient id, and may show patients of test videos"
            )
        return notes

    def _records(self, kind: Kind) -> list[Record]:
        survey = self._survey()
        if self.permissive_only:
            _check_licences(survey, kind)
        chosen = self._chosen(survey, kind)
        found = {item.label for item in chosen}
        missing = [label for label in self.classes if label not in found]
        if not chosen or (missing and kind == "video"):
            others = self._chosen(survey, kind, tuple(_LABELS.values()))
            counts = Counter(item.label for item in others)
            there = ", ".join(f"{label} {n}" for label, n in sorted(counts.items()))
            licence = " under CC BY" if self.permissive_only else ""
            raise DataError(
                f"{survey.home}: no {kind} of class {', '.join(missing)}{licence} "
                f"(probes {', '.join(self.probes)}); there are: {there or 'none'}; "
                "set classes, probes or permissive_only otherwise"
            )
        return [FileRecord(item.path, item.id, item.group, item.label) for item in chosen]

    def _chosen(
        self, survey: Survey, kind: Kind, classes: tuple[str, ...] | None = None
    ) -> list[Item]:
        return [
            item
            for item in survey.items
            if item.kind == kind
            and self._wanted(item, classes)
            and (item.permissive or not self.permissive_only)
        ]

    def _wanted(self, item: Item, classes: tuple[str, ...] | None = None) -> bool:
        return item.label in (classes or self.classes) and item.probe in self.probes

    def _survey(self) -> Survey:
        home = find_home(self, LAYOUT, FOLDERS, "data")
        wrong: list[str] = []
        exclusions = Exclusions(self.exclude)
        items, n_uncertain = _items(home, exclusions, wrong)
        tables = _read_tables(home)
        for item in items:
            _describe(item, tables, wrong)
        wrong += exclusions.unused(home)
        if wrong:
            raise DataError(
                f"{home}: cannot be read as POCUS; mend what follows, or leave it out with "
                "'exclude':\n  " + "\n  ".join(wrong)
            )
        items.sort(key=lambda item: natural(item.id))
        rule = _group_videos([item for item in items if item.kind == "video"], tables)
        n_joined = _group_images(items)
        if n_joined:
            rule += f"; {n_joined} of the groups joined others, as images belong to several of them"
        return Survey(home, items, n_uncertain, rule)


def _items(home: Path, exclusions: Exclusions, wrong: list[str]) -> tuple[list[Item], int]:
    """All videos and images, and how many files of uncertain label there are."""
    items: list[Item] = []
    n_uncertain = 0
    for top in listed(home):
        kind = FOLDERS.get(top.name.casefold())
        for folder in listed(top) if kind and top.is_dir() else ():
            probe = folder.name.casefold()
            if exclusions.match(id_of(folder, home)):
                continue
            if not folder.is_dir() or probe not in PROBES:
                wrong.append(f"{folder}: is no probe's folder; those are {', '.join(PROBES)}")
                continue
            for path in listed(folder):
                if exclusions.match(id_of(path, home)):
                    continue
                if path.name.casefold() == UNCERTAIN and path.is_dir():
                    n_uncertain += len(listed(path))
                elif problem := _problem(path, kind or "video"):
                    wrong.append(problem)
                else:
                    items.append(Item(path, id_of(path, home), kind or "video", probe))
    return items, n_uncertain


def _problem(path: Path, kind: Kind) -> str:
    """Why an entry of a probe's folder is no video (or image); empty where it is one."""
    where = f"{path.parent}: '{shown(path)}'"
    if shown(path) != path.name:
        return f"{where}: the name is not valid UTF-8; rename it"
    if path.is_dir():
        return f"{where} is a folder; {kind}s lie in the probe's folder itself"
    belongs = decode.is_video(path) if kind == "video" else decode.is_image(path)
    return "" if belongs else f"{where} is no {kind} file"


@dataclass
class Tables:
    """The rows of the tables, by file; None for a table that is not there."""

    clips: dict[str, Row] | None
    images: dict[str, Row] | None
    metadata: dict[tuple[str, str], list[Row]] | None
    clips_path: Path

    def own(self, item: Item) -> Row | None:
        """The item's row of clips.csv or images.csv."""
        rows = self.clips if item.kind == "video" else self.images
        return (rows or {}).get(_key(item.id))

    def upstream(self, item: Item) -> list[Row]:
        """The item's rows of dataset_metadata.csv, which knows files by their stem."""
        return (self.metadata or {}).get((item.kind, _stem(item.path.name)), [])

    @property
    def groups(self) -> bool:
        """Whether clips.csv has groups."""
        return any("group" in row.cells for row in (self.clips or {}).values())


def _read_tables(home: Path) -> Tables:
    metadata: dict[tuple[str, str], list[Row]] | None = None
    rows = table(home / "dataset_metadata.csv", ("Filename", "Type"))
    if rows is not None:
        metadata = {}
        for row in rows:
            stem = row.cells["Filename"]
            if decode.is_video(Path(stem)) or decode.is_image(Path(stem)):
                stem = _stem(stem)
            key = row.cells["Type"].casefold(), _key(stem)
            metadata.setdefault(key, []).append(row)
    clips_path = home / "clips.csv"
    return Tables(_by_path(clips_path), _by_path(home / "images.csv"), metadata, clips_path)


def _by_path(path: Path) -> dict[str, Row] | None:
    rows = table(path, ("path",))
    if rows is None:
        return None
    found: dict[str, Row] = {}
    for row in rows:
        first = found.setdefault(_key(row.cells["path"]), row)
        if first.cells != row.cells:
            raise DataError(f"{row.where}: '{row.cells['path']}' has another row; remove one")
    return found


def _describe(item: Item, tables: Tables, wrong: list[str]) -> None:
    """Tell an item's class, licence and keys from its name and the tables."""
    prefix = _PREFIX.match(item.path.name)
    item.named = _LABELS[prefix[1].casefold()] if prefix else ""
    own, upstream = tables.own(item), tables.upstream(item)
    told = own.cells.get("label", "") if own else ""
    item.label = _TABLE_LABELS.get(told.casefold(), "") if told else item.named
    if told and not item.label and own:
        known = ", ".join(_TABLE_LABELS)
        wrong.append(f"{own.where}: unknown label '{told}'; known are {known}")
    elif not item.label:
        wrong.append(f"{item.path}: the name begins with none of Cov, Pneu, Vir, Reg")
    licences = [own.cells.get("license", "")] if own else []
    licences = [name for name in licences if name] or [
        row.cells.get("License", "") for row in upstream
    ]
    # Where rows differ, the strictest counts: at least, it is not CC BY.
    item.licence = min(licences, key=lambda name: bool(_PERMISSIVE.fullmatch(name)), default="")
    patients = {row.cells.get("Patient ID / Name", "").casefold() for row in upstream}
    item.keys = [f"patient {number}" for number in sorted(patients - _NO_PATIENT)]
    batch = _batch(item)
    item.keys += [f"batch {batch}"] if batch else []


def _words(item: Item) -> list[str]:
    """The words of a name after its class; the first one is the contributor."""
    name = _PREFIX.sub("", _stem(item.path.name), count=1)
    words = [word for word in re.split(r"[\W_]+", name) if word]
    return words[1:] if words and words[0] in PROBES else words


def _contributor(words: list[str]) -> str:
    return (re.sub(r"[0-9].*", "", words[0]) or words[0]) if words else "unnamed"


def _batch(item: Item) -> str:
    """The contributor's case, patient or set, where the name tells one."""
    words = _words(item)
    contributor = _contributor(words)
    if contributor == "avi":
        series = re.sub(r"[0-9].*", "", words[1]) if len(words) > 1 else ""
        return f"avi {series} {item.named}"
    told = _BATCH.search(" ".join(words))
    if not told:
        return ""
    parts = (contributor if contributor != told["kind"] else "", told["date"])
    return " ".join([part for part in parts if part] + [told["kind"] + told["number"]])


def _group_videos(videos: list[Item], tables: Tables) -> str:
    """Group by clips.csv, else by metadata and name; returns the rule in words."""
    if tables.groups:
        rows = {item.id: tables.own(item) for item in videos}
        told = {id: row.cells["group"] for id, row in rows.items() if row}
        lost = [item.id for item in videos if not told.get(item.id)]
        if lost:
            raise DataError(
                f"{tables.clips_path}: tells no group of {len(lost)} of {len(videos)} videos: "
                f"{some(lost)}; add them, leave them out with 'exclude', or remove the table"
            )
        for item in videos:
            item.group = told[item.id]
        return "clips.csv"
    n_guessed = 0
    for item in videos:
        if not item.keys:
            item.keys = [f"contributor {_contributor(_words(item))}"]
            n_guessed += 1
    groups = _joined(item.keys for item in videos)
    for item in videos:
        item.group = groups[item.keys[0]]
    source = "their names only" if tables.metadata is None else "dataset_metadata.csv and names"
    return f"{source} ({n_guessed} of {len(videos)} by their contributor alone)"


def _joined(keys: Iterable[list[str]]) -> dict[str, str]:
    """The first of all keys that stand together with a key, directly or by others between."""
    leader: dict[str, str] = {}

    def top(key: str) -> str:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    for together in keys:
        for other in together:
            first, last = sorted((top(together[0]), top(other)))
            leader[last] = first
    return {key: top(key) for key in list(leader)}


def _group_images(items: list[Item]) -> int:
    """An image joins all videos whose patient or batch is its own.

    Were it to join one of several groups only, the others could stand on
    the other side of a split than the image.

    Returns:
        How many groups of videos became part of another one.
    """
    videos = [item for item in items if item.kind == "video"]
    images = [item for item in items if item.kind == "image" and item.keys]
    # Only what images ask for: clips.csv goes before the keys of videos.
    asked = {key for image in images for key in image.keys}
    together = [[f"group {v.group}", *(key for key in v.keys if key in asked)] for v in videos]
    leaders = _joined([*together, *(image.keys for image in images)])
    names: dict[str, str] = {}
    before = sorted({video.group for video in videos}, key=natural)
    for group in before:
        names.setdefault(leaders[f"group {group}"], group)
    for video in videos:
        video.group = names[leaders[f"group {video.group}"]]
    for item in items:
        if item.kind == "image":
            leader = leaders[item.keys[0]] if item.keys else item.id
            item.group = names.get(leader, f"still {leader}")
    return len(before) - len(names)


def _check_licences(survey: Survey, kind: Kind) -> None:
    if not any(item.licence for item in survey.items if item.kind == kind):
        own = "clips.csv" if kind == "video" else "images.csv"
        raise DataError(
            f"{survey.home}: permissive_only needs a table that tells the {kind}s' licences: "
            f"{own} or dataset_metadata.csv"
        )


def _stem(name: str) -> str:
    return _key(PurePosixPath(name).stem)


def _key(text: str) -> str:
    """How the tables and the file system are compared: neither case nor spaces around count."""
    return nfc(text).strip().casefold()
