"""Holding out some of the training clips, whole patients at a time, to choose weights by."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence

from plugins.clips import ClipSet, ClipSubset
from plugins.errors import DataError


def held_out(clips: ClipSet, share: float, where: str) -> tuple[ClipSet, ClipSet | None]:
    """Part training clips into those to learn from and those to choose weights by.

    Real clips are held out, since tests are on such, and synthesized ones
    only where there are no others. Which groups is decided by their names
    alone, so that every classifier, and the protocols with real clips,
    are judged by the same.

    Args:
        clips: the training clips.
        share: of each class's groups, in [0, 1); at least one group where it is not 0.
        where: names the training, for the message.

    Returns:
        To learn from; held out (None where ``share`` is 0).

    Raises:
        DataError: a class has no two groups.
    """
    if not share:
        return clips, None
    made = clips.synthesized or [False] * len(clips)
    real = [i for i in range(len(clips)) if not made[i]]
    groups = _chosen(clips, real or range(len(clips)), share, where)
    held = {i for i in real or range(len(clips)) if clips.groups[i] in groups}
    # What is made from a patient who is held out tells of that patient.
    rest = [i for i in range(len(clips)) if clips.groups[i] not in groups]
    return ClipSubset(clips, rest), ClipSubset(clips, sorted(held))


def _chosen(clips: ClipSet, candidates: Sequence[int], share: float, where: str) -> set[str]:
    """The groups held out: of each class its share."""
    labels: dict[str, Counter[int]] = defaultdict(Counter)
    for i in candidates:
        labels[clips.groups[i]][clips.labels[i]] += 1
    of_class: dict[int, list[str]] = defaultdict(list)
    for group, counts in labels.items():
        of_class[counts.most_common(1)[0][0]].append(group)
    chosen: set[str] = set()
    for k, name in enumerate(clips.classes):
        groups = sorted(of_class[k], key=lambda g: hashlib.sha256(g.encode()).hexdigest())
        if len(groups) < 2:
            raise DataError(
                f"{where}: class '{name}' has {len(groups)} group(s) (patients) to train on, and "
                "validation needs one to learn from and one to hold out. Set validation = 0"
            )
        chosen |= set(groups[: min(max(1, round(share * len(groups))), len(groups) - 1)])
    return chosen
