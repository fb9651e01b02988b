"""Results written by hand into a store, and the plan that asks for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from bench.predictions import Predictions
from bench.store import Store
from bench.tables import Report

IDS = [f"v{i}" for i in range(8)]
LABELS = [0, 0, 0, 0, 1, 1, 1, 1]


def put(store: Store, key: str, figures: dict[str, Any], predictions: Predictions | None = None):
    folder = store.begin(key)
    if predictions:
        predictions.write(folder)
    store.finish(key, {"figures": figures, "seconds": 1.0})


def predicted(right: str) -> Predictions:
    """Eight videos, each classified rightly (1) or wrongly (0)."""
    scores = torch.zeros(8, 2)
    for i, (label, hit) in enumerate(zip(LABELS, right, strict=True)):
        scores[i, label if hit == "1" else 1 - label] = 1.0
    return Predictions(IDS, IDS, torch.tensor(LABELS), scores, ("a", "b"))


OUTCOMES = {  # by replicate: real, mixed with still, mixed with good
    0: {"real": "11001100", "still": "11001110", "good": "11111111"},
    1: {"real": "11101100", "still": "11001100", "good": "11101111"},
}
PLAIN = {"explained": "", "weights": [], "seen_by": None}
SYNTHETIC: dict[str, dict[str, int]] = {  # videos trained on, thinned to a class prior
    "real": {}, "still": {"a": 3, "b": 2}, "good": {"a": 3, "b": 3}
}  # fmt: skip


def report_in(folder: Path) -> Report:
    """Two replicates of one classifier, with real videos and two generators."""
    store = Store(folder)
    points, evaluations, cells = [], {}, []
    for replicate, outcomes in OUTCOMES.items():
        for name, right in outcomes.items():
            key, score = f"e{replicate}{name}", f"s{replicate}{name}"
            put(store, key, {}, predicted(right))
            value = right.count("1") / 8
            put(store, score, {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 8})
            protocol = "real" if name == "real" else "mixed"
            points.append(
                {
                    "table": "classification", "ratio": "5:5", "replicate": replicate,
                    "metric": "accuracy", "classifier": "c", "protocol": protocol,
                    "generator": None if name == "real" else name, "key": score,
                }
            )  # fmt: skip
            evaluations[score] = key
            cells.append({"key": score, "kind": "score", "title": score, "reads": [key]})
            train = f"t{replicate}{name}"
            put(store, train, {"n_real": {"a": 4, "b": 4}, "n_synthetic": SYNTHETIC[name]})
            cells.append({"key": key, "kind": "evaluate", "title": key, "reads": [train]})
            cells.append({"key": train, "kind": "train", "title": train, "reads": []})
        for name, value in (("still", 1.0), ("good", 0.25)):
            key = f"q{replicate}{name}"
            put(store, key, {"value": value + replicate, "low": None, "high": None, "n": 8})
            points.append(
                {
                    "table": "quality", "ratio": "5:5", "replicate": replicate,
                    "metric": "distance", "classifier": None, "protocol": None,
                    "generator": name, "key": key,
                }
            )  # fmt: skip
            cells.append({"key": key, "kind": "score", "title": key, "reads": []})
    facts = {"plugin": "x", "changed": {}, "reads_labels": False, "needs_continuation": False}
    plan = {
        "experiment": {
            "name": "t", "ratios": ["5:5"], "protocols": ["real", "mixed"], "replicates": [0, 1],
            "synthesis": {"per_image": 1, "per_test_video": 1, "prior": "source"},
        },
        "points": points, "evaluations": evaluations, "cells": cells,
        "splits": [
            {
                "ratio": "5:5", "replicate": r,
                "n_train": {"a": 4, "b": 4 + r}, "n_test": {"a": 4, "b": 4},
                "n_images": {"a": 3, "b": 5 - r},
            }
            for r in OUTCOMES
        ],
        "syntheses": [],
        "generators": {
            "still": {**facts, "plugin": "still"},
            "good": {**facts, "reads_labels": True},
        },
        "classifiers": {
            "c": {"plugin": "c3d", "changed": {"steps": 9}, "all": {"budget": "steps", "steps": 9}}
        },
        "metrics": {
            "accuracy": {"title": "Acc", "direction": "higher", "unit": "", **PLAIN},
            "distance": {"title": "Distance", "direction": "lower", "unit": "px", **PLAIN},
        },
        "images": 8, "notes": ["a note"],
    }  # fmt: skip
    return Report(plan, store)
