"""What lies in a copy of POCUS, of every class, probe and licence, and in which groups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.data import decode
from bench.data.files import natural
from bench.data.readers.layout import (
    Exclusions,
    id_of,
    listed,
    listed_or_fault,
    naming_problem,
    shown,
)
from bench.data.readers.pocus_groups import group_images, group_videos
from bench.data.readers.pocus_names import PROBES, Item, Kind
from bench.data.readers.pocus_tables import describe, read_tables

FOLDERS: dict[str, Kind] = {"pocus_videos": "video", "pocus_images": "image"}
UNCERTAIN = "label_uncertain"


@dataclass
class Survey:
    """A copy of POCUS, listed.

    Attributes:
        home: the folder that holds ``pocus_videos``.
        items: the files that nothing is wrong with, in natural order.
        n_uncertain: how many files of uncertain label there are.
        rule: how groups were told, in words.
        faults: what is wrong, a line each.
    """

    home: Path
    items: list[Item]
    n_uncertain: int
    rule: str
    faults: list[str]


def survey(home: Path, exclusions: Exclusions) -> Survey:
    """List a copy of POCUS.

    Raises:
        DataError: a table cannot be read, or does not tell what it should.
    """
    faults: list[str] = []
    found, n_uncertain = _items(home, exclusions, faults)
    tables = read_tables(home)
    items: list[Item] = []
    for item in found:
        if problem := describe(item, tables):
            faults.append(problem)
        else:
            items.append(item)
    faults += exclusions.unused(home)
    items.sort(key=lambda item: natural(item.id))
    rule = group_videos([item for item in items if item.kind == "video"], tables)
    n_joined = group_images(items)
    if n_joined:
        rule += f"; {n_joined} of the groups joined others, as images belong to several of them"
    return Survey(home, items, n_uncertain, rule, faults)


def _items(home: Path, exclusions: Exclusions, faults: list[str]) -> tuple[list[Item], int]:
    """All videos and images, and how many files of uncertain label there are."""
    items: list[Item] = []
    n_uncertain = 0
    for top in listed(home):
        kind = FOLDERS.get(top.name.casefold())
        if kind is None or not top.is_dir():
            continue
        for folder in listed_or_fault(top, faults):
            probe = folder.name.casefold()
            if exclusions.match(id_of(folder, home)):
                continue
            if not folder.is_dir() or probe not in PROBES:
                faults.append(f"{folder}: is no probe's folder; those are {', '.join(PROBES)}")
                continue
            for path in listed_or_fault(folder, faults):
                if exclusions.match(id_of(path, home)):
                    continue
                if path.name.casefold() == UNCERTAIN and path.is_dir():
                    n_uncertain += len(listed_or_fault(path, faults))
                elif problem := naming_problem(path) or _problem(path, kind):
                    faults.append(problem)
                else:
                    items.append(Item(path, id_of(path, home), kind, probe))
    return items, n_uncertain


def _problem(path: Path, kind: Kind) -> str:
    """Why an entry of a probe's folder is no video (or image); empty where it is one."""
    where = f"{path.parent}: '{shown(path)}'"
    if path.is_dir():
        return f"{where} is a folder; {kind}s lie in the probe's folder itself"
    belongs = decode.is_video(path) if kind == "video" else decode.is_image(path)
    return "" if belongs else f"{where} is no {kind} file"
