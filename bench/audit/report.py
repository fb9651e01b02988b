"""An audit as tables."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bench.audit.audit import Audit
from bench.audit.findings import RULES, Finding
from bench.audit.likeness import COPY, COPY_DETAIL, SAME_VIEW
from bench.data.inventory import Spread

SHOWN = 3
"""Findings of a rule in one place that are shown; all of them with --all."""


def show(found: Audit, fatal: Collection[str], every: bool, console: Console) -> None:
    """Print what the data sets hold, the splits, and the findings.

    Args:
        fatal: rules whose breach is marked.
        every: show all findings, not the first few of each rule.
    """
    console.print(_holdings(found))
    console.print(_classes(found))
    if found.sides:
        console.print(_sides(found))
    console.print(_rules(found, fatal))
    _tell(found, every, console)
    if _by_rule(found).keys() & {"copy", "same view"}:
        told = f"copy: laid onto each other they correlate by {COPY} or more, their fine detail by "
        told += f"{COPY_DETAIL} or more; same view: as they stand, by {SAME_VIEW} or more"
        console.print(told, highlight=False, soft_wrap=True)
    for note in found.notes:
        console.print(f"note: {note}", soft_wrap=True, markup=False, highlight=False)


def as_json(found: Audit, fatal: Collection[str]) -> str:
    """All of it."""
    rules = {
        name: {"what": rule.what, "run": rule.run, "fatal": name in fatal}
        for name, rule in RULES.items()
    }
    limits = {"copy": COPY, "copy detail": COPY_DETAIL, "same view": SAME_VIEW}
    content: dict[str, Any] = {"rules": rules, "correlations": limits, **asdict(found)}
    for summary, one in zip(content["summaries"], found.summaries, strict=True):
        for key in ("frames", "widths", "heights"):
            spread = getattr(one, key)
            summary[key] = spread and spread._asdict()
    content["broken"] = sorted({f.rule for f in found.findings if f.rule in fatal})
    return json.dumps(content, indent=1, ensure_ascii=False)


def _holdings(found: Audit) -> Table:
    table = Table(title="Data sets", title_justify="left", title_style="bold")
    table.add_column("data set", overflow="fold")
    for heading in ("records", "groups", "after joining", "frames", "width", "height", "sizes"):
        table.add_column(heading, justify="right", overflow="fold")
    for one in found.summaries:
        n = f"{one.n} + {one.unreadable} unreadable" if one.unreadable else str(one.n)
        table.add_row(
            Text(one.title),
            n,
            str(one.groups),
            str(one.families),
            _spread(one.frames),
            _spread(one.widths),
            _spread(one.heights),
            str(one.sizes),
        )
    return table


def _classes(found: Audit) -> Table:
    table = Table(title="Classes", title_justify="left", title_style="bold")
    table.add_column("class")
    for one in found.summaries:
        table.add_column(Text(one.title), justify="right", overflow="fold")
    for name in sorted({name for one in found.summaries for name in one.classes}):
        counts = [
            f"{one.classes.get(name, 0)} ({one.classes.get(name, 0) / max(one.n, 1):.0%})"
            for one in found.summaries
        ]
        table.add_row(Text(name), *counts)
    return table


def _sides(found: Audit) -> Table:
    table = Table(title="Splits", title_justify="left", title_style="bold")
    for heading in ("split", "train", "test", "groups", "leaks"):
        table.add_column(heading, overflow="fold")
    for one in found.sides:
        table.add_row(
            Text(one.name),
            Text(_counts(one.train)),
            Text(_counts(one.test)),
            f"{one.groups[0]} : {one.groups[1]}",
            str(len(one.leaks)),
        )
    return table


def _rules(found: Audit, fatal: Collection[str]) -> Table:
    table = Table(title="Findings", title_justify="left", title_style="bold")
    for heading in ("rule", "n", "what it means", "what a run does by itself"):
        table.add_column(heading, overflow="fold")
    for name, findings in _by_rule(found).items():
        title = Text(name, "bold red" if name in fatal else "bold")
        if name in fatal:
            title.append(" (fatal)")
        table.add_row(title, str(len(findings)), Text(RULES[name].what), Text(RULES[name].run))
    if not found.findings:
        table.add_row("none", "0", "", "")
    return table


def _tell(found: Audit, every: bool, console: Console) -> None:
    """The findings themselves, rule by rule and place by place."""
    for name, findings in _by_rule(found).items():
        for where in dict.fromkeys(finding.where for finding in findings):
            own = [finding for finding in findings if finding.where == where]
            shown = own if every else own[:SHOWN]
            heading = Text.assemble((name, "bold"), f" · {where}: {len(own)}")
            console.print(heading, soft_wrap=True)
            for finding in shown:
                console.print(f"  {finding.message}", soft_wrap=True, markup=False, highlight=False)
            if len(own) > len(shown):
                console.print(f"  and {len(own) - len(shown)} more (--all shows them)")


def _by_rule(found: Audit) -> dict[str, list[Finding]]:
    """In the order of the rules."""
    own = {name: [f for f in found.findings if f.rule == name] for name in RULES}
    return {name: findings for name, findings in own.items() if findings}


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return "–"
    if spread.least == spread.most:
        return f"{spread.least:g}"
    return f"{spread.least:g} to {spread.most:g}, median {spread.median:g}"


def _counts(classes: dict[str, int]) -> str:
    each = ", ".join(f"{name} {n}" for name, n in classes.items())
    return f"{sum(classes.values())} ({each})"
