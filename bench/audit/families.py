"""Which records must stay on one side of a split: those of a patient, and those that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from bench.audit.twins import Twins
from bench.data.files import natural
from plugins.dataset import Record, Which


@dataclass(frozen=True)
class Member:
    """A record, and where its group's name means something.

    Attributes:
        space: members of one space with one group name are one patient's.
    """

    which: Which
    space: str
    record: Record


@dataclass(frozen=True)
class Families:
    """Members joined by patient or by likeness, directly or by others between them.

    Attributes:
        group: per member, the name of its family: the first group of a video
            in it, or else of an image.
        merged: the names of patient groups of which each family is made,
            where they are several.
        contradicted: indices of members that are alike, directly or by
            others between them, to members of other classes.
    """

    group: tuple[str, ...]
    merged: dict[str, tuple[str, ...]] = field(default_factory=dict)
    contradicted: frozenset[int] = frozenset()


def join(members: Sequence[Member], twins: Sequence[Twins]) -> Families:
    """Join members into families.

    Args:
        members: videos and images.
        twins: whose left and right are indices of members.
    """
    alike = [(t.left, t.right) for t in twins]
    place = [(m.space, m.record.group) for m in members]
    first: dict[tuple[str, str], int] = {}
    same_patient = [(i, first.setdefault(key, i)) for i, key in enumerate(place)]
    families = _components(len(members), [*alike, *same_patient])
    names = _names(members, families)
    groups: dict[str, set[tuple[str, str]]] = {}
    for key, family in zip(place, families, strict=True):
        groups.setdefault(names[family], set()).add(key)
    return Families(
        group=tuple(names[family] for family in families),
        merged={
            name: tuple(sorted((group for _, group in keys), key=natural))
            for name, keys in groups.items()
            if len(keys) > 1
        },
        contradicted=_contradicted(members, alike),
    )


def _components(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    if not n:
        return []
    left, right = np.array(edges or [(0, 0)]).T
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(n, n))
    _, found = connected_components(graph, directed=False)
    return [int(i) for i in found]


def _names(members: Sequence[Member], families: Sequence[int]) -> dict[int, str]:
    """One name per family, no two alike."""
    held: dict[int, list[Member]] = {}
    for member, family in zip(members, families, strict=True):
        held.setdefault(family, []).append(member)
    names: dict[int, str] = {}
    taken: set[str] = set()
    # Families with videos choose first: splits and tables tell their names.
    first = {family: _first_place(own) for family, own in held.items()}
    for family in sorted(first, key=lambda f: _rank(_of_images(held[f]), *first[f])):
        _, name = first[family]
        while name in taken:
            name = f"{'image' if _of_images(held[family]) else 'video'} {name}"
        names[family] = name
        taken.add(name)
    return names


def _of_images(members: list[Member]) -> bool:
    return all(member.which == "images" for member in members)


def _first_place(members: list[Member]) -> tuple[str, str]:
    """Space and name of the first group of a video, or else of an image."""
    videos = [m for m in members if m.which == "videos"]
    places = {(m.space, m.record.group) for m in videos or members}
    return min(places, key=lambda place: _rank(False, *place))


def _rank(is_of_images: bool, space: str, group: str) -> tuple[Any, ...]:
    return is_of_images, natural(group), space


def _contradicted(members: Sequence[Member], alike: Sequence[tuple[int, int]]) -> frozenset[int]:
    kinds = _components(len(members), alike)
    labels: dict[int, set[str]] = {}
    for member, kind in zip(members, kinds, strict=True):
        labels.setdefault(kind, set()).add(member.record.label)
    return frozenset(i for i, kind in enumerate(kinds) if len(labels[kind]) > 1)
