"""The leaderboard: what each generator's videos are worth to a classifier."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.statistics import mcnemar
from bench.tables.render import Table
from bench.tables.report import Report

BASELINE = "still"


@dataclass(frozen=True)
class Duel:
    """Two trainings of one classifier, tested on the same videos of one split."""

    gain: float
    p: float


def leaderboard(report: Report) -> Table:
    """Generators by their mean gain in accuracy over training on real videos only.

    Gains are in percentage points, mixed minus real, and mixed minus
    mixed with `still`; mean over classifiers, ratios and replicates. A
    paired exact McNemar test is made within each split; its p-values are
    counted, not pooled, since splits share videos.
    """
    table = Table(
        title=f"Leaderboard · {report.plan['experiment']['name']}",
        columns=[
            "rank",
            "generator",
            "gain over real [pp]",
            "won : lost (p < 0.05)",
            f"gain over {BASELINE} [pp]",
            "won : lost (p < 0.05) ",
            "comparisons",
        ],
    )
    entries = []
    for generator in report.plan["generators"]:
        over_real = list(_duels(report, generator, "real", None))
        over_still = list(_duels(report, generator, "mixed", BASELINE))
        entries.append((generator, over_real, over_still))
    entries.sort(key=lambda e: -_mean(e[1]) if e[1] else float("inf"))
    rank = 0
    for generator, over_real, over_still in entries:
        rank += bool(over_real)
        table.rows.append(
            [
                str(rank) if over_real else "–",
                generator,
                *_shown(over_real),
                *(_shown(over_still) if generator != BASELINE else ("–", "–")),
                str(len(over_real)),
            ]
        )
        table.records.append(
            {
                "rank": rank if over_real else None,
                "generator": generator,
                **_record("over_real", over_real),
                **_record("over_still", over_still if generator != BASELINE else []),
            }
        )
    table.notes = [
        "Gain: accuracy of mixed training minus that of the other, in percentage points, mean over "
        "classifiers, ratios and replicates.",
        "In brackets: smallest and largest gain. Won and lost: comparisons in which an exact "
        "paired McNemar test, within one split, finds a difference.",
        "A generator that does not beat 'still' has added images, not motion.",
    ]
    return table


def _duels(report: Report, generator: str, protocol: str, opponent: str | None) -> Iterator[Duel]:
    """Mixed training with a generator against another training, wherever both are there."""
    seen = set()
    by_place: dict[tuple[Any, ...], str] = {
        _place(p, p["protocol"], p["generator"]): p["key"] for p in report.points("classification")
    }
    for point in report.points("classification"):
        place = _place(point, "mixed", generator)
        if place in seen or place not in by_place:
            continue
        seen.add(place)
        other_key = by_place.get(_place(point, protocol, opponent))
        ours = report.predictions(by_place[place])
        other = report.predictions(other_key) if other_key else None
        if ours and other:
            a, b = ours.correct(), other.correct()
            gain = 100 * (statistics.fmean(a.values()) - statistics.fmean(b.values()))
            yield Duel(gain, mcnemar(a, b))


def _place(point: dict[str, Any], protocol: str, generator: str | None) -> tuple[Any, ...]:
    return point["classifier"], point["ratio"], point["replicate"], protocol, generator


def _mean(duels: list[Duel]) -> float:
    return statistics.fmean(duel.gain for duel in duels)


def _verdicts(duels: list[Duel]) -> tuple[int, int]:
    decided = [duel.gain for duel in duels if duel.p < 0.05]
    return sum(gain > 0 for gain in decided), sum(gain < 0 for gain in decided)


def _shown(duels: list[Duel]) -> tuple[str, str]:
    if not duels:
        return "–", "–"
    gains = [duel.gain for duel in duels]
    spread = f" [{min(gains):+.1f}, {max(gains):+.1f}]" if len(gains) > 1 else ""
    won, lost = _verdicts(duels)
    return f"{_mean(duels):+.1f}{spread}", f"{won} : {lost}"


def _record(name: str, duels: list[Duel]) -> dict[str, Any]:
    won, lost = _verdicts(duels)
    return {
        f"gain_{name}": _mean(duels) if duels else None,
        f"gains_{name}": [duel.gain for duel in duels],
        f"p_{name}": [duel.p for duel in duels],
        f"won_{name}": won,
        f"lost_{name}": lost,
        f"n_{name}": len(duels),
    }
