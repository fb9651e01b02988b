"""What may be wrong between records: likeness, shared patients, classes that do not match."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

from bench.audit.findings import Finding
from bench.audit.twins import Twins
from bench.data.readers.layout import some

if TYPE_CHECKING:
    from bench.audit.audit import Survey


def relations(looked: Survey) -> Iterator[Finding]:
    """All findings on records and data sets as they stand to one another."""
    for one in looked.twins:
        yield from _of_twins(looked, one)
    for subset in range(len(looked.subsets)):
        yield from _mixed_groups(looked, subset)
    for left, right in combinations(range(len(looked.subsets)), 2):
        yield from _overlap(looked, left, right)
        yield from _lone_classes(looked, left, right)


def _of_twins(looked: Survey, one: Twins) -> Iterator[Finding]:
    left, right = looked.members[one.left].record, looked.members[one.right].record
    titles = dict.fromkeys(looked.subsets[looked.origin[i]].title for i in (one.left, one.right))
    where = " and ".join(titles)
    pair = f"{_frame(looked, one.left, one.left_frame)} and "
    pair += _frame(looked, one.right, one.right_frame)
    yield Finding(one.kind, where, (left.id, right.id), f"{pair} show {one.words}")
    if left.label != right.label:
        message = f"{pair} show {one.words}, and are {left.label} and {right.label}"
        yield Finding("contradiction", where, (left.id, right.id), message)


def _frame(looked: Survey, record: int, frame: int) -> str:
    id = looked.members[record].record.id
    return id if looked.members[record].which == "images" else f"{id} (frame {frame})"


def _mixed_groups(looked: Survey, subset: int) -> Iterator[Finding]:
    members: dict[str, dict[str, list[str]]] = {}
    for i in looked.of(subset):
        record = looked.members[i].record
        members.setdefault(record.group, {}).setdefault(record.label, []).append(record.id)
    for group, classes in members.items():
        if len(classes) > 1:
            counts = ", ".join(f"{name} {len(ids)}" for name, ids in sorted(classes.items()))
            ids = tuple(id for own in classes.values() for id in own)
            where = looked.subsets[subset].title
            yield Finding("mixed group", where, ids, f"group {group}: {counts}")


def _overlap(looked: Survey, left: int, right: int) -> Iterator[Finding]:
    """Of videos and images: families that both have a part in."""
    if looked.subsets[left].which == looked.subsets[right].which:
        return
    family = looked.families.group
    shared = {family[i] for i in looked.of(left)} & {family[i] for i in looked.of(right)}
    if not shared:
        return
    own = {s: [i for i in looked.of(s) if family[i] in shared] for s in (left, right)}
    told = " and ".join(f"{len(own[s])} {looked.subsets[s].which}" for s in own)
    yield Finding(
        "overlap",
        " and ".join(looked.subsets[s].title for s in own),
        tuple(looked.members[i].record.id for members in own.values() for i in members),
        f"{told} share a patient or a frame, in {len(shared)} "
        f"group{'s' * (len(shared) > 1)}: {some(sorted(shared))}",
    )


def _lone_classes(looked: Survey, left: int, right: int) -> Iterator[Finding]:
    """Of videos and images: classes that only one of the two has."""
    if looked.subsets[left].which == looked.subsets[right].which:
        return
    for subset, other in ((left, right), (right, left)):
        records = [looked.members[i].record for i in looked.of(subset)]
        known = {looked.members[i].record.label for i in looked.of(other)}
        for name in sorted({record.label for record in records} - known):
            lone = tuple(record.id for record in records if record.label == name)
            titles = [looked.subsets[s].title for s in (subset, other)]
            message = f"class {name}: {len(lone)} in {titles[0]}, none in {titles[1]}"
            yield Finding("lone class", titles[0], lone, message)
