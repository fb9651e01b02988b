"""The reader for BUSV: breast ultrasound videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

from bench.data.readers.busv_survey import CLASSES, FOLDER, PAIRS, Survey, survey, table_of
from bench.data.readers.corrections import Corrections, load
from bench.data.readers.groups import GROUPS
from bench.data.readers.layout import Exclusions, find_home, holding, refuse, some
from bench.data.readers.table import table_places
from plugins.dataset import Dataset, Record, Which
from plugins.errors import DataError

LAYOUT = (
    f"the folder that holds {FOLDER}, or {FOLDER} itself, with {FOLDER}/benign/<video>/000000.png, "
    f"{FOLDER}/malignant/<video>/000000.png and so on"
)


class Busv(Dataset):
    """BUSV, 188 breast ultrasound videos: 75 benign, 113 malignant.

    Z. Lin, J. Lin, L. Zhu, H. Fu, J. Qin, L. Wang: A New Dataset and a
    Baseline Model for Breast Lesion Detection in Ultrasound Videos.
    MICCAI 2022, arXiv 2207.00141. Cite it.

    Licence: for research and education only, not for commercial use.

    To obtain it, ask the authors: github.com/jhl-Det/CVA-Net says how.
    Unpacked it is ``rawframes/<class>/<video>/000000.png`` and so on, and
    annotations. Videos only; a video's id is ``<class>/<video>``.

    Annotations are optional: ``imagenet_vid_train_15frames.json`` and
    ``imagenet_vid_val.json`` (or ``train.json`` and ``val.json``), beside
    ``rawframes`` or in ``annotations`` there. A video's region is the box
    around all its sound boxes. A box without an area, outside its frame,
    of a frame that is not there or of another class than its video is
    left out, and noted.

    There are no patient ids, so each video is a group of its own, unless
    a file ``groups.csv`` beside ``rawframes``, with the columns ``id`` and
    ``group``, says which belong together. Errors of the published labels
    are corrected by a list that comes with the program: one video stands
    in both classes, and four videos of one patient are all malignant. Ten
    folders share frames with folders of the other class: a run finds that
    and keeps them on one side of every split, in the classes that they have.
    """

    name: ClassVar[str] = "busv"

    corrections: Literal["busv-2026-1", "none"] = "busv-2026-1"
    """The list of corrections: the newest one, or none to read the data as published."""

    exclude: tuple[str, ...] = ()
    """Patterns (``benign/x63c9*``) of ids or video names to leave out; each must match one."""

    def holds(self) -> tuple[Which, ...]:
        """Videos only."""
        return ("videos",)

    def videos(self) -> Sequence[Record]:
        """The videos, in natural order of their published class and id."""
        return self._survey().records

    def images(self) -> Sequence[Record]:
        """None: BUSV holds videos only.

        Raises:
            DataError: always.
        """
        raise DataError("BUSV holds videos only, no still images; name it under [videos]")

    def group_space(self) -> str:
        """Whatever has a groups.csv names patients by hand: the same name is the same patient."""
        return GROUPS if table_of(self._places()) else ""

    def notes(self) -> list[str]:
        """What was corrected, what was left out, and what is odd."""
        found = self._survey()
        notes = [
            *_correction_notes(found, self._list()),
            *_patient_notes(found),
            *_numbering_notes(found),
            *_box_notes(found),
        ]
        return [f"BUSV: {note}" for note in notes]

    def _list(self) -> Corrections | None:
        return None if self.corrections == "none" else load(self.corrections)

    def _home(self) -> Path:
        return find_home(self, LAYOUT, holding(CLASSES), (FOLDER, f"*/{FOLDER}"))

    def _places(self) -> list[Path]:
        """Where tables and annotations may lie."""
        return table_places(self._home(), FOLDER, self.root)

    def _survey(self) -> Survey:
        home = self._home()
        found = survey(home, self._places(), Exclusions(self.exclude), self._list())
        refuse(f"{home}: is not BUSV as published", found.listing.faults, found.records)
        return found


def _correction_notes(found: Survey, corrections: Corrections | None) -> list[str]:
    if corrections is None:
        return ["the errors of the published labels are not corrected (corrections = 'none')"]
    return [corrections.told(found.listing.videos, found.records)]


def _patient_notes(found: Survey) -> list[str]:
    if found.groups:
        return []
    return [
        f"there are no patient ids, and no {GROUPS}: two videos of one patient may stand on both "
        "sides of a split"
    ]


def _numbering_notes(found: Survey) -> list[str]:
    read = {record.id for record in found.records}
    folders = {id: folder for id, folder in found.listing.folders.items() if id in read}
    late = [f"{id} ({folder.first})" for id, folder in folders.items() if folder.first]
    gaps = [f"{id} ({folder.n_missing})" for id, folder in folders.items() if folder.n_missing]
    notes = []
    if late:
        notes.append(f"{len(late)} videos do not start at frame 000000 but later: {some(late)}")
    if gaps:
        notes.append(
            f"{len(gaps)} videos lack frames between their first and last (how many): {some(gaps)}"
        )
    return notes


def _box_notes(found: Survey) -> list[str]:
    if not found.files:
        return ["there are no annotations, so no video has a region"]
    notes = []
    names = {path.name for path in found.files}
    lost = [name for pair in PAIRS if names & set(pair) for name in pair if name not in names]
    if lost:
        notes.append(f"{lost[0]} is not there: boxes are read from {', '.join(names)} alone")
    if found.boxes.faulty:
        n = sum(map(len, found.boxes.faulty.values()))
        told = "; ".join(
            f"{len(frames)} {problem} ({some(frames, 3)})"
            for problem, frames in sorted(found.boxes.faulty.items())
        )
        notes.append(f"{n} of {found.boxes.n} boxes are left out: {told}")
    without = [record.id for record in found.records if record.region() is None]
    if without:
        notes.append(f"{len(without)} videos have no sound box, so no region: {some(without)}")
    return notes
