"""The leaderboard: what each generator's videos are worth to a classifier."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bench.statistics import mcnemar
from bench.tables.budgets import budget_records, unequal_notes
from bench.tables.render import Table
from bench.tables.report import Report
from bench.tables.summary import MARKS, declared, mark

BASELINE = "still"
"""The plugin that adds images and no motion."""


@dataclass(frozen=True)
class Duel:
    """Two trainings of one classifier, tested on the same videos of one split."""

    gain: float
    p: float


@dataclass
class Comparison:
    """Mixed training with one generator against another training.

    Attributes:
        duels: one per classifier, ratio and replicate where both have predictions.
        missing: why there are none, for each of the other planned duels.
    """

    duels: list[Duel] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all planned duels are there, so that means can be ranked."""
        return bool(self.duels) and not self.missing

    @property
    def planned(self) -> int:
        """All duels, missing ones included."""
        return len(self.duels) + len(self.missing)

    @property
    def mean(self) -> float:
        """Mean gain in percentage points."""
        return statistics.fmean(duel.gain for duel in self.duels)


def leaderboard(report: Report) -> Table:
    """Generators by their mean gain in accuracy over training on real videos only.

    Gains are in percentage points, mixed minus real, and mixed minus
    mixed with the baseline, the first generator whose plugin is `still`;
    mean over classifiers, ratios and replicates. Only generators whose
    planned comparisons with real training are all there are ranked. A
    paired exact test is made within each split; its p-values are
    counted, not pooled, since splits share videos.
    """
    generators = report.plan["generators"]
    stills = [name for name, facts in generators.items() if facts["plugin"] == BASELINE]
    over_real = {name: _compare(report, name, "real", None) for name in generators}
    over_still = {
        name: _compare(report, name, "mixed", stills[0])
        for name in generators
        if stills and name not in stills
    }
    figures = ("won : lost (p < 0.05)", "comparisons")
    baseline = stills[0] if stills else BASELINE
    table = Table(
        title=f"Leaderboard · {report.plan['experiment']['name']}",
        columns=[
            "rank",
            "generator",
            *("gain over real [pp]", *figures),
            *(f"gain over {baseline} [pp]", *figures),
        ],
    )
    complete = {name for name in generators if over_real[name].complete}
    order = sorted(complete, key=lambda name: (-over_real[name].mean, list(generators).index(name)))
    order += [name for name in generators if name not in complete]
    for position, name in enumerate(order, 1):
        rank = position if name in complete else None
        real, still = over_real[name], over_still.get(name, Comparison())
        shown = name + mark(generators[name])
        table.rows.append([str(rank or "–"), shown, *_shown(real), *_shown(still)])
        table.records.append(
            {"rank": rank, "generator": name}
            | declared(generators[name])
            | _record("over_real", real)
            | _record("over_still", still)
        )
    table.notes = [
        "Gain: accuracy of mixed training minus that of the other, in percentage points, mean over "
        "classifiers, ratios and replicates.",
        "In brackets: smallest and largest gain. Won and lost: comparisons in which an exact "
        "paired test, within one split, finds a difference (McNemar's, or where patients have "
        "several videos, sign flips of whole patients).",
        "A generator that does not beat 'still' has added images, not motion.",
        *_reasons(report, over_real, over_still, stills),
        *unequal_notes(report),
    ]
    table.budgets = budget_records(report)
    if any(map(mark, generators.values())):
        table.notes.append(MARKS)
    return table


def _reasons(
    report: Report,
    over_real: dict[str, Comparison],
    over_still: dict[str, Comparison],
    stills: list[str],
) -> list[str]:
    """Why figures or ranks are missing, a line each."""
    protocols = report.plan["experiment"]["protocols"]
    lacking = [f"'{name}'" for name in ("real", "mixed") if name not in protocols]
    if lacking:
        return [f"–: the experiment lacks the protocol {' and '.join(lacking)}."]
    notes = [
        f"–: '{name}' has no rank, since means over different comparisons cannot be ranked: "
        f"{_lost(found)} with real training are missing."
        for name, found in over_real.items()
        if found.missing
    ]
    notes += [
        f"–: of '{name}', {_lost(found)} with '{stills[0]}' are missing."
        for name, found in over_still.items()
        if found.missing
    ]
    if not stills:
        notes.append(f"–: no generator of the experiment is '{BASELINE}' to compare with.")
    else:
        notes.append(f"–: '{stills[0]}' is not compared with itself.")
        notes += [f"–: '{name}' is '{BASELINE}' too." for name in stills[1:]]
    return notes


def _lost(found: Comparison) -> str:
    why = ", ".join(f"{reason} {n}" for reason, n in sorted(Counter(found.missing).items()))
    return f"{len(found.missing)} of {found.planned} comparisons ({why})"


def _compare(report: Report, generator: str, protocol: str, opponent: str | None) -> Comparison:
    """Mixed training with a generator against another training, wherever both are planned."""
    scores: dict[tuple[Any, ...], str] = {
        (_place(p), p["protocol"], p["generator"]): p["key"]
        for p in report.points("classification")
    }
    found = Comparison()
    for place in dict.fromkeys(map(_place, report.points("classification"))):
        ours = scores.get((place, "mixed", generator))
        other = scores.get((place, protocol, opponent))
        if ours and other:
            why = list(_missing(report, (ours, other)))
            if why:
                found.missing.append(why[0])
            else:
                found.duels.append(_duel(report, ours, other))
    return found


def _place(point: dict[str, Any]) -> tuple[Any, ...]:
    return point["classifier"], point["ratio"], point["replicate"]


def _missing(report: Report, scores: Iterable[str]) -> Iterable[str]:
    for key in (report.plan["evaluations"][score] for score in scores):
        if report.store.result(key) is None:
            yield report.missing(key)


def _duel(report: Report, ours: str, other: str) -> Duel:
    first, second = report.predictions(ours), report.predictions(other)
    assert first
    assert second
    a, b = first.correct(), second.correct()
    gain = 100 * (statistics.fmean(a.values()) - statistics.fmean(b.values()))
    return Duel(gain, mcnemar(a, b, dict(zip(first.ids, first.groups, strict=True))))


def _verdicts(duels: list[Duel]) -> tuple[int, int]:
    decided = [duel.gain for duel in duels if duel.p < 0.05]
    return sum(gain > 0 for gain in decided), sum(gain < 0 for gain in decided)


def _shown(found: Comparison) -> tuple[str, str, str]:
    n, planned = len(found.duels), found.planned
    count = str(n) if n == planned else f"{n} of {planned}"
    if not found.duels:
        return "–", "–", count if planned else "–"
    gains = [duel.gain for duel in found.duels]
    spread = f" [{min(gains):+.1f}, {max(gains):+.1f}]" if n > 1 else ""
    won, lost = _verdicts(found.duels)
    return f"{found.mean:+.1f}{spread}", f"{won} : {lost}", count


def _record(name: str, found: Comparison) -> dict[str, Any]:
    won, lost = _verdicts(found.duels)
    return {
        f"gain_{name}": found.mean if found.duels else None,
        f"gains_{name}": [duel.gain for duel in found.duels],
        f"p_{name}": [duel.p for duel in found.duels],
        f"won_{name}": won,
        f"lost_{name}": lost,
        f"n_{name}": len(found.duels),
        f"planned_{name}": found.planned,
    }
