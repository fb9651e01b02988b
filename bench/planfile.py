"""What is run under an experiment's name, kept as a file: all that tables need, and no plugin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from bench.store import Store, write_atomically
from plugins.errors import BenchError
from plugins.hints import nearest

if TYPE_CHECKING:
    from bench.cells import ScorePredictions
    from bench.matrix import Matrix
    from plugins.base import Plugin

FILE = "plan.json"
FORMAT = 3
"""Raise it when `describe` comes to write something else."""


def save_plan(matrix: Matrix, store: Store) -> None:
    """Keep the plan and the split manifests under the experiment's name.

    Raises:
        BenchError: the store cannot be written.
    """
    folder = store.experiment(matrix.experiment.name)
    try:
        (folder / "splits").mkdir(parents=True, exist_ok=True)
        for (ratio, replicate), split in matrix.splits.items():
            split.save(split_path(folder, ratio, replicate))
        write_atomically(folder / FILE, json.dumps(describe(matrix), indent=1))
    except OSError as error:
        raise BenchError(f"{folder}: cannot be written: {error.strerror}") from None


def split_path(folder: Path, ratio: str, replicate: int) -> Path:
    """The split manifest of a ratio and replicate in an experiment's folder."""
    return folder / "splits" / f"{ratio.replace(':', '-')}-r{replicate}.json"


def read_plan(name: str, store: Store) -> dict[str, Any]:
    """The plan of what was last run under a name.

    Args:
        name: an experiment's name, or its file's path.

    Raises:
        BenchError: nothing was run, or the file cannot be used.
    """
    stem = Path(name).stem if name.endswith(".toml") else name
    path = store.experiment(stem) / FILE
    if not path.is_file():
        known = [p.parent.name for p in store.root.glob(f"experiments/*/{FILE}")]
        raise BenchError(
            f"nothing was run under the name '{stem}' in {store.root}"
            f"{nearest(stem, known)}; start with: bench run {name}"
        )
    try:
        plan: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchError(f"{path}: cannot be read ({error}); run again: bench run {name}") from None
    if plan.get("format") != FORMAT:
        raise BenchError(
            f"{path}: written by another version of usbench; run again, "
            f"what is computed is kept: bench run {name}"
        )
    return plan


def changed_parameters(plugin: Plugin) -> dict[str, Any]:
    """The parameters that differ from their defaults."""
    default = type(plugin)().parameters()
    return {key: value for key, value in plugin.parameters().items() if value != default[key]}


def describe(matrix: Matrix) -> dict[str, Any]:
    """The matrix as JSON values: what the tables need, and no plugin."""
    metrics = matrix.materials.metrics
    return {
        "format": FORMAT,
        "experiment": matrix.experiment.model_dump(mode="json"),
        "cells": [
            {"key": key, "kind": c.kind, "title": c.title, "reads": [r.key for r in c.reads]}
            for key, c in matrix.cells.items()
        ],
        "points": [{**vars(point), "key": key} for point, key in matrix.points.items()],
        "evaluations": {
            key: cast("ScorePredictions", matrix.cells[key]).evaluated.key
            for point, key in matrix.points.items()
            if point.table == "classification"
        },
        "splits": [
            {
                "ratio": ratio,
                "replicate": replicate,
                "n_train": s.counts("train"),
                "n_test": s.counts("test"),
                "n_images": matrix.images[ratio, replicate].per_class(),
            }
            for (ratio, replicate), s in matrix.splits.items()
        ],
        "syntheses": [
            {
                "ratio": ratio,
                "replicate": replicate,
                "generator": name,
                "of": what,
                "key": cell.key,
                "fit": cell.fit.key if cell.fit else None,
            }
            for (ratio, replicate), cells in matrix.syntheses.items()
            for (name, what), cell in cells.items()
        ],
        "classes": matrix.materials.classes,
        "generators": {
            name: {
                "plugin": g.name,
                "changed": changed_parameters(g),
                "all": g.parameters(),
                "reads_labels": g.reads_labels,
                "needs_continuation": g.needs_continuation,
            }
            for name, g in matrix.materials.generators.items()
        },
        "classifiers": {
            name: {"plugin": c.name, "changed": changed_parameters(c), "all": c.parameters()}
            for name, c in matrix.materials.classifiers.items()
        },
        "metrics": {
            name: {
                "title": m.title,
                "direction": m.direction,
                "unit": m.unit,
                "explained": m.explained,
                "weights": m.weights,
                "seen_by": matrix.materials.seen_by(m),
            }
            for name, m in metrics.items()
        },
        "images": len(matrix.materials.images.ids),
        "notes": matrix.materials.notes,
    }
