"""Splits: how many of each class are on each side, and what leaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.audit.findings import Finding
from bench.audit.twins import Twins
from bench.data.splits import Split


@dataclass(frozen=True)
class Sides:
    """One split.

    Attributes:
        name: its file, or its ratio and replicate.
        train, test: videos per class.
        groups: families on each side.
        leaks: findings of the rule ``leak``.
    """

    name: str
    train: dict[str, int]
    test: dict[str, int]
    groups: tuple[int, int]
    leaks: tuple[Finding, ...] = ()


def sides_of(name: str, split: Split, ids: Sequence[str], twins: Sequence[Twins]) -> Sides:
    """Count a split, and look for what stands on both of its sides.

    Args:
        split: whose groups are families.
        ids: of the videos that twins count by left and right.
        twins: of the videos.
    """
    training = set(split.train)
    leaks = [
        Finding(
            "leak",
            name,
            (ids[one.left], ids[one.right]),
            f"{ids[one.left]} (frame {one.left_frame}) and {ids[one.right]} (frame "
            f"{one.right_frame}) show {one.words}, one is in training, one in test",
        )
        for one in twins
        if (ids[one.left] in training) != (ids[one.right] in training)
    ]
    groups = {side: {split.groups[id] for id in split.ids(side)} for side in ("train", "test")}
    first = {split.groups[id]: id for id in reversed(split.train)}
    for group in sorted(groups["train"] & groups["test"]):
        other = next(id for id in split.test if split.groups[id] == group)
        both = (first[group], other)
        message = f"{both[0]} (train) and {both[1]} (test) are of one group, {group}"
        leaks.append(Finding("leak", name, both, message))
    return Sides(
        name,
        split.counts("train"),
        split.counts("test"),
        (len(groups["train"]), len(groups["test"])),
        tuple(leaks),
    )
