"""Surveys and audits of data sets, as the command makes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.audit.audit import Audit, Subset, Survey, audit, survey
from bench.audit.findings import Finding
from bench.audit.sides import Sides
from bench.commands.data.audit import subsets_of
from bench.commands.data.progress import progress
from bench.commands.data.sources import Listing, Source
from plugins.dataset import Dataset


def subsets(*datasets: Dataset) -> list[Subset]:
    """All that data sets hold, as the command lists it."""
    sources = []
    for dataset in datasets:
        listings = [
            Listing(which, tuple(dataset.videos() if which == "videos" else dataset.images()))
            for which in dataset.holds()
        ]
        sources.append(Source(f"{dataset.name}:{dataset.root}", dataset, tuple(listings)))
    return subsets_of(sources)


def looked(store: Path, *datasets: Dataset) -> Survey:
    """The survey of data sets."""
    return survey(subsets(*datasets), store, progress)


def audited(store: Path, *datasets: Dataset, span: int = 4, sides: Sequence[Sides] = ()) -> Audit:
    """The audit of data sets."""
    return audit(looked(store, *datasets), span, sides)


def broken(found: Audit, rule: str) -> list[Finding]:
    """The findings of one rule."""
    return [finding for finding in found.findings if finding.rule == rule]
