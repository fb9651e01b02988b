"""The reader for VTUS: thyroid ultrasound videos as folders of frames, with masks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from bench.data import decode
from bench.data.readers.layout import Exclusions, find_home, listed, listed_or_fault, refuse, some
from bench.data.readers.masks import MaskedRecord
from bench.data.readers.table import table_places
from bench.data.readers.vtus_cases import Case, is_mask_folder, list_cases
from bench.data.readers.vtus_labels import LABELS, UNLABELLED, Labels, read_labels
from plugins.dataset import Dataset, Record, Which
from plugins.errors import DataError

FOLDER = "VTUS"
LAYOUT = (
    f"the folder that holds {FOLDER}, or {FOLDER} itself, with {FOLDER}/<split>/<case>/0001.jpg, "
    f"and masks {FOLDER}/<split>_GT/<case>/0001.png"
)


class Vtus(Dataset):
    """VTUS, ultrasound videos of thyroid nodules as frames, with a mask per frame.

    Y. Yang, Z. Xing, L. Zhu: Vivim: a Video Vision Mamba for Medical Video
    Object Segmentation. IEEE TCSVT, arXiv 2401.14168. Cite it.

    Licence: CC BY-NC 4.0, not for commercial use.

    To obtain it, clone github.com/scott-yjyang/Vivim, which holds example
    cases in its folder ``VTUS``: ``VTUS/<split>/<case>/0001.jpg`` and masks
    ``VTUS/<split>_GT/<case>/0001.png``. Any data laid out alike are read.
    Videos only; a video's id is ``<split>/<case>``. Masks are optional; a
    video's region is the box around all that they mark in any frame.

    No class comes with it. A file ``labels.csv`` beside ``VTUS`` or in it,
    with the columns ``case`` and ``label``, tells them, and with a column
    ``group`` what must stay on one side of a split (a patient). A case is
    named ``Test/0004``, or ``0004`` where one split alone has it. Without
    the table all are of the class ``unlabelled``, each a group of its own.
    """

    name: ClassVar[str] = "vtus"

    exclude: tuple[str, ...] = ()
    """Patterns (``Test/0004``) of ids, cases or masks to leave out; each must match one."""

    def holds(self) -> tuple[Which, ...]:
        """Videos only."""
        return ("videos",)

    def videos(self) -> Sequence[Record]:
        """The videos, in natural order of split and case."""
        return self._read()[0]

    def images(self) -> Sequence[Record]:
        """None: VTUS holds videos only.

        Raises:
            DataError: always.
        """
        raise DataError("VTUS holds videos only, no still images; name it under [videos]")

    def notes(self) -> list[str]:
        """Which classes are told, and which frames have no mask."""
        records, cases, labels = self._read()
        notes = [] if labels else [_unlabelled(len(records))]
        lost = labels.lost([case.id for case in cases]) if labels else []
        if lost:
            notes.append(f"{LABELS} names {len(lost)} cases that are not there: {some(lost)}")
        without = [case.id for case in cases if not case.masks]
        if without:
            notes.append(f"{len(without)} videos have no masks, so no region: {some(without)}")
        partly = [f"{case.id} ({case.n_unmasked})" for case in cases if case.masks]
        partly = [told for told in partly if not told.endswith("(0)")]
        if partly:
            notes.append(f"{len(partly)} videos have frames without a mask: {some(partly)}")
        return [f"VTUS: {note}" for note in notes]

    def _read(self) -> tuple[list[MaskedRecord], list[Case], Labels | None]:
        home = find_home(self, LAYOUT, _holds_cases, (FOLDER, f"*/{FOLDER}"))
        faults: list[str] = []
        exclusions = Exclusions(self.exclude)
        cases = list_cases(home, exclusions, faults)
        faults += exclusions.unused(home)
        labels = read_labels(table_places(home, FOLDER, self.root))
        told = labels.of([case.id for case in cases]) if labels else {}
        records = [
            MaskedRecord(
                case.folder.path, case.id, *told.get(case.id, (case.id, UNLABELLED)), case.masks
            )
            for case in cases
        ]
        refuse(f"{home}: cannot be read as VTUS", faults, records)
        if not records:
            raise DataError(f"{home}: all cases are excluded; exclude fewer")
        return records, cases, labels


def _unlabelled(n: int) -> str:
    return (
        f"no class comes with the data and there is no {LABELS}: all {n} videos are of the class "
        f"'{UNLABELLED}'"
    )


def _holds_cases(home: Path) -> bool:
    """Whether a folder holds a split with a case with an image; VTUS itself is neither."""
    return any(
        decode.is_image(path)
        for split in listed(home)
        if split.is_dir() and not is_mask_folder(split) and split.name != FOLDER
        for case in listed_or_fault(split, [])
        if case.is_dir() and case.name != FOLDER
        for path in listed_or_fault(case, [])
    )
