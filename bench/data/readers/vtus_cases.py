"""The cases of VTUS: folders of frames in splits, and the masks beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.data import decode
from bench.data.readers.frame_folder import FrameFolder, frame_folder
from bench.data.readers.layout import (
    Exclusions,
    id_of,
    listed,
    listed_or_fault,
    naming_problem,
    shown,
)
from plugins.errors import DataError

MASKS = "_GT"


@dataclass(frozen=True)
class Case:
    """One video.

    Attributes:
        id: ``<split>/<case>``.
        folder: its frames.
        masks: its masks, each of one of the frames; empty without any.
    """

    id: str
    folder: FrameFolder
    masks: tuple[Path, ...]

    @property
    def n_unmasked(self) -> int:
        """How many frames have no mask."""
        return len(self.folder.frames) - len({mask.stem for mask in self.masks})


def is_mask_folder(path: Path) -> bool:
    """Whether a folder beside the splits holds masks."""
    return path.name.endswith(MASKS)


def list_cases(home: Path, exclusions: Exclusions, faults: list[str]) -> list[Case]:
    """All cases that nothing is wrong with, in natural order.

    Args:
        home: the folder that holds the splits.
        exclusions: what to leave out; a pattern may match masks alone.
        faults: what is wrong is added here, a line each.
    """
    entries = [path for path in listed(home) if not exclusions.match(id_of(path, home))]
    splits = [path for path in entries if path.is_dir() and not is_mask_folder(path)]
    cases = [case for split in splits for case in _split_cases(split, exclusions, faults)]
    for path in entries:
        if path.is_dir() and is_mask_folder(path):
            faults += _masks_alone(path, exclusions)
        elif not path.is_dir() and (decode.is_image(path) or decode.is_video(path)):
            faults.append(f"{path}: lies in no case's folder; the layout is <split>/<case>/<frame>")
        elif problem := naming_problem(path):
            faults.append(problem)
    return cases


def _split_cases(split: Path, exclusions: Exclusions, faults: list[str]) -> list[Case]:
    n_faults, entries = len(faults), listed_or_fault(split, faults)
    if not entries and len(faults) == n_faults:
        faults.append(f"{split}: a split without cases; fill or exclude it")
    mask_folders = _mask_folders(split, exclusions, faults)
    cases = []
    for path in entries:
        id = id_of(path, split.parent)
        problems: list[str] = []
        masks = _masks(mask_folders.get(path.name), split.parent, exclusions, problems)
        if exclusions.match(id):
            continue
        try:
            folder = frame_folder(path, f"0001{_suffix(path)}")
            problems += _mask_problems(masks, folder)
        except DataError as error:
            problems.append(str(error))
        else:
            cases += [] if problems else [Case(id, folder, tuple(masks))]
        faults += problems
    return cases


def _suffix(path: Path) -> str:
    """The suffix of a case's first image, which all its frames must have."""
    images = [p for p in listed_or_fault(path, []) if decode.is_image(p)] if path.is_dir() else []
    return images[0].suffix.lower() if images else ".jpg"


def _mask_folders(split: Path, exclusions: Exclusions, faults: list[str]) -> dict[str, Path]:
    """The folders of masks of a split, by case."""
    folder = split.with_name(f"{split.name}{MASKS}")
    if not folder.is_dir() or exclusions.match(id_of(folder, split.parent)):
        return {}
    return {path.name: path for path in listed_or_fault(folder, faults)}


def _masks(
    folder: Path | None, home: Path, exclusions: Exclusions, problems: list[str]
) -> Sequence[Path]:
    """What lies in a case's folder of masks; nothing where it has none."""
    if folder is None or exclusions.match(id_of(folder, home)):
        return ()
    entries = listed_or_fault(folder, problems)
    return [path for path in entries if not exclusions.match(id_of(path, home))]


def _mask_problems(masks: Sequence[Path], folder: FrameFolder) -> list[str]:
    stems = {frame.stem for frame in folder.frames}
    return [problem for mask in masks if (problem := _mask_problem(mask, folder.path, stems))]


def _mask_problem(mask: Path, case: Path, stems: set[str]) -> str:
    if problem := naming_problem(mask):
        return problem
    if mask.is_dir() or not decode.is_image(mask):
        return f"{mask.parent}: '{shown(mask)}' is no mask; a mask is named as its frame"
    return "" if mask.stem in stems else f"{mask}: a mask without a frame in {case}"


def _masks_alone(folder: Path, exclusions: Exclusions) -> list[str]:
    """Complaints about folders of masks whose case is missing."""
    home, split = folder.parent, folder.with_name(folder.name.removesuffix(MASKS))
    if not split.is_dir():
        return [f"{folder}: masks without frames, which belong in {split}; copy the data again"]
    faults: list[str] = []
    cases = {path.name for path in listed_or_fault(split, faults)}
    masks = listed_or_fault(folder, faults)
    if faults:  # told of where the split's cases are listed
        return []
    return [
        f"{path}: masks without frames, which belong in {split / path.name}; copy them again"
        for path in masks
        if path.name not in cases and not exclusions.match(id_of(path, home))
    ]
