"""The reader for POCUS: lung ultrasound videos and images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from bench.data.readers.layout import Exclusions, find_home, holding, refuse, some
from bench.data.readers.pocus_names import LABELS, Item, Kind
from bench.data.readers.pocus_survey import FOLDERS, UNCERTAIN, Survey, survey
from bench.data.readers.record import FileRecord
from plugins.dataset import Dataset, Record
from plugins.errors import DataError

Label = Literal["healthy", "pneumonia", "covid", "viral"]
Probe = Literal["convex", "linear"]

LAYOUT = (
    "the folder data of covid19_ultrasound, or the folder that holds it, with "
    "pocus_videos/convex, pocus_images/convex and so on"
)


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
        return self._list("video")

    def images(self) -> Sequence[Record]:
        """The still images, in natural order of id; a class may have none.

        Raises:
            DataError: the layout or a table is wrong, or there is none.
        """
        return self._list("image")

    def group_space(self) -> str:
        """The folder that holds ``pocus_videos``, however the root was given."""
        return f"{self.name}:{self._home().resolve()}"

    def notes(self) -> list[str]:
        """What was left out, how groups were told, and who may be on both sides."""
        found = self._survey()
        videos, images = self._chosen(found, "video"), self._chosen(found, "image")
        refuse(_lead(found), found.faults, _records(videos + images))
        notes = []
        if found.n_uncertain:
            notes.append(
                f"POCUS: {found.n_uncertain} files in {UNCERTAIN} are left out: "
                "their diagnosis is not known"
            )
        notes.append(f"POCUS: {self._licence_note(found, videos + images)}")
        other = [
            f"{item.id} ({item.label})"
            for item in videos + images
            if item.named and item.named != item.label
        ]
        if other:
            notes.append(f"POCUS: the table's class goes before the file name's: {some(other)}")
        if videos:
            notes.append(f"POCUS: groups of videos are told by {found.rule}")
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

    def _licence_note(self, found: Survey, read: list[Item]) -> str:
        if self.permissive_only:
            wanted = [item for item in found.items if self._wanted(item)]
            n = sum(not item.permissive for item in wanted)
            unknown = sum(not item.licence for item in wanted)
            return (
                f"{n} of {len(wanted)} files are left out, as they are not CC BY "
                f"(of {unknown} no licence is known)"
            )
        counts = Counter(item.licence or "licence unknown" for item in read)
        told = ", ".join(f"{licence} ({n})" for licence, n in sorted(counts.items()))
        return f"licences of the files read: {told}"

    def _list(self, kind: Kind) -> list[Record]:
        found = self._survey()
        chosen = self._chosen(found, kind)
        refuse(_lead(found), found.faults, _records(chosen))
        if self.permissive_only:
            _check_licences(found, kind)
        self._check_classes(found, kind, {item.label for item in chosen})
        return _records(chosen)

    def _check_classes(self, found: Survey, kind: Kind, labels: set[str]) -> None:
        """Refuse a class without videos, or no images at all."""
        missing = [label for label in self.classes if label not in labels]
        if labels and (not missing or kind == "image"):
            return
        others = self._chosen(found, kind, tuple(LABELS.values()))
        counts = Counter(item.label for item in others)
        there = ", ".join(f"{label} {n}" for label, n in sorted(counts.items()))
        licence = " under CC BY" if self.permissive_only else ""
        raise DataError(
            f"{found.home}: no {kind} of class {', '.join(missing)}{licence} "
            f"(probes {', '.join(self.probes)}); there are: {there or 'none'}; "
            "set classes, probes or permissive_only otherwise"
        )

    def _chosen(
        self, found: Survey, kind: Kind, classes: tuple[str, ...] | None = None
    ) -> list[Item]:
        return [
            item
            for item in found.items
            if item.kind == kind
            and self._wanted(item, classes)
            and (item.permissive or not self.permissive_only)
        ]

    def _wanted(self, item: Item, classes: tuple[str, ...] | None = None) -> bool:
        return item.label in (classes or self.classes) and item.probe in self.probes

    def _home(self) -> Path:
        return find_home(self, LAYOUT, holding(FOLDERS), ("data",))

    def _survey(self) -> Survey:
        return survey(self._home(), Exclusions(self.exclude))


def _lead(found: Survey) -> str:
    return f"{found.home}: cannot be read as POCUS"


def _records(items: list[Item]) -> list[Record]:
    return [FileRecord(item.path, item.id, item.group, item.label) for item in items]


def _check_licences(found: Survey, kind: Kind) -> None:
    if not any(item.licence for item in found.items if item.kind == kind):
        own = "clips.csv" if kind == "video" else "images.csv"
        raise DataError(
            f"{found.home}: permissive_only needs a table that tells the {kind}s' licences: "
            f"{own} or dataset_metadata.csv"
        )
