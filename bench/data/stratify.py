"""Which groups go to the test side, so that each class has its share there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import floor

from plugins.errors import DataError
from plugins.seeds import derive

_ATTEMPTS = 20

Counts = tuple[int, ...]
Cost = tuple[int, int]


def targets(counts: Mapping[str, int], share: Fraction) -> dict[str, int]:
    """How many videos of each class the test side should have.

    The total is the share of all, halves rounded up; the classes get
    their shares rounded down, and what is left goes to the largest
    remainders (Hamilton's method; ties by name). At least one video of
    a class stays on each side.
    """
    exact = {name: n * share for name, n in counts.items()}
    wanted = {name: floor(x) for name, x in exact.items()}
    left = floor(sum(exact.values()) + Fraction(1, 2)) - sum(wanted.values())
    by_remainder = sorted(counts, key=lambda name: (wanted[name] - exact[name], name))
    for name in by_remainder[: max(left, 0)]:
        wanted[name] += 1
    return {name: max(1, min(n, counts[name] - 1)) for name, n in wanted.items()}


def assign(members: Mapping[str, Counter[str]], wanted: Mapping[str, int], seed: int) -> set[str]:
    """Choose the groups of the test side.

    Groups are taken in an order drawn from the seed, as long as they fit.
    Those of several classes, which soon fit no more, come first, each
    with the test side's share as its chance. Then single moves and
    exchanges mend what is left, as long as they bring the counts nearer.

    Args:
        members: per group, how many videos of each class it holds.
        wanted: per class, how many videos the test side should have.
        seed: of the order.

    Raises:
        DataError: a class has one video, or one group, or the groups tie
            the classes together so that one of them misses a side.
    """
    classes = sorted(wanted)
    sizes = {group: tuple(n[name] for name in classes) for group, n in members.items()}
    total = _sum(sizes.values(), len(classes))
    for i, name in enumerate(classes):
        holding = [group for group in members if sizes[group][i]]
        if total[i] < 2:
            raise DataError(f"class '{name}' has one video; a split takes at least two per class")
        if len(holding) < 2:
            raise DataError(
                f"class '{name}' has {total[i]} videos, all of one group ('{holding[0]}'); "
                "a split takes at least two groups per class"
            )
    goal = tuple(wanted[name] for name in classes)
    share = Fraction(sum(goal), sum(total))
    for attempt in range(_ATTEMPTS):
        order = sorted(sizes, key=lambda g: (not _is_mixed(sizes[g]), _draw(seed, attempt, g)))
        tried = [g for g in order if not _is_mixed(sizes[g]) or _chance(seed, attempt, g) < share]
        chosen = _mended(_first_fit(tried, sizes, goal), order, sizes, goal, total)
        if _cost(_sum((sizes[g] for g in chosen), len(classes)), goal, total)[0] == 0:
            return chosen
    raise DataError(
        "the groups cannot be split so that every class is on both sides: "
        f"{', '.join(f'{name} {n}' for name, n in zip(classes, total, strict=True))} videos in "
        f"{len(members)} groups, some of several classes"
    )


def _is_mixed(size: Counts) -> bool:
    """Whether a group is of several classes."""
    return sum(map(bool, size)) > 1


def _draw(seed: int, attempt: int, group: str) -> int:
    return derive(seed, "split", attempt, group)


def _chance(seed: int, attempt: int, group: str) -> Fraction:
    """Drawn evenly from [0, 1)."""
    return Fraction(derive(seed, "side", attempt, group), 1 << 63)


def _first_fit(order: list[str], sizes: Mapping[str, Counts], goal: Counts) -> set[str]:
    chosen: set[str] = set()
    room = list(goal)
    for group in order:
        if all(n <= r for n, r in zip(sizes[group], room, strict=True)):
            chosen.add(group)
            room = [r - n for n, r in zip(sizes[group], room, strict=True)]
    return chosen


def _mended(
    chosen: set[str], order: list[str], sizes: Mapping[str, Counts], goal: Counts, total: Counts
) -> set[str]:
    """Move or exchange groups while that brings the test side nearer to its goal."""
    nothing = (0,) * len(goal)
    now = _sum((sizes[g] for g in chosen), len(goal))
    cost = _cost(now, goal, total)
    while cost > (0, 0):
        # One group per distinct size stands for all of that size.
        inside = {sizes[g]: g for g in order if g in chosen} | {nothing: ""}
        outside = {sizes[g]: g for g in reversed(order) if g not in chosen} | {nothing: ""}
        best, out, into = min(
            (_cost(_moved(now, a, b), goal, total), a, b) for a in inside for b in outside
        )
        if best >= cost:
            break
        chosen = (chosen - {inside[out]}) | ({outside[into]} - {""})
        now, cost = _moved(now, out, into), best
    return chosen


def _moved(now: Counts, out: Counts, into: Counts) -> Counts:
    return tuple(n - a + b for n, a, b in zip(now, out, into, strict=True))


def _cost(test: Counts, goal: Counts, total: Counts) -> Cost:
    """How bad a test side is: classes missing from a side, then squared distance."""
    missing = sum((t == 0) + (t == n) for t, n in zip(test, total, strict=True))
    return missing, sum((t - g) ** 2 for t, g in zip(test, goal, strict=True))


def _sum(counts: Iterable[Counts], width: int) -> Counts:
    whole = [0] * width
    for row in counts:
        whole = [a + b for a, b in zip(whole, row, strict=True)]
    return tuple(whole)
